/**
 * The WebSocket observer: messages, closes, violations and extensions as facts, the same in every split and on captured flows.
 */

import { readFileSync } from 'node:fs'
import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { parseExtensions } from '../../../../src/workers/layers/websocket/extensions.ts'
import { WebSocketObserver, type WebSocketObserverOptions } from '../../../../src/workers/layers/websocket/websocket-observer.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { corpus, NO_CORPORA } from '../../../support/corpora/corpora.ts'
import { frame, fromClient, WebSocketRecorder } from '../../../support/octets/websocket-frames.ts'

const b64 = (text: string) => Buffer.from(text).toString('base64')
const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))

function observe(chunks: Iterable<Uint8Array>, options: WebSocketObserverOptions = {}, side: 0 | 1 = CLIENT): unknown[][] {
  const recorder = new WebSocketRecorder()
  const observer = new WebSocketObserver(recorder, options)
  for (const given of chunks) {
    const chunk = Uint8Array.from(given)
    observer.execute(side, chunk)
    if (Buffer.compare(given, chunk) !== 0) throw new Error('the relayed octets were altered')
    chunk.fill(0)
  }
  return recorder.facts
}

function everySplit(t: Test, input: Uint8Array, expected: unknown[][], options: WebSocketObserverOptions, side: 0 | 1, name: string) {
  for (const chunks of chunkings(input)) {
    const facts = observe(chunks, options, side)
    if (JSON.stringify(facts) !== JSON.stringify(expected)) {
      t.same(facts, expected, name)
      return
    }
  }
  t.pass(name)
}

t.test('messages', async (t) => {
  const capture = { captureBytes: 1 << 20 }
  everySplit(
    t,
    fromClient({ opcode: 1, payload: 'Hello' }),
    [
      ['frame', 0, 1, true, false, 5],
      ['message', 0, 0, 1, 1, 5, 5, false, '', false, b64('Hello')],
    ],
    capture,
    CLIENT,
    'masked text (RFC 6455 §5.7)',
  )
  everySplit(
    t,
    frame({ opcode: 2, payload: Uint8Array.of(1, 2, 3) }),
    [
      ['frame', 1, 2, true, false, 3],
      ['message', 1, 0, 2, 1, 3, 3, false, '', true, ''],
    ],
    {},
    ORIGIN,
    'without capture: sizes only',
  )
  everySplit(
    t,
    join(
      fromClient({ opcode: 1, payload: 'Hé', fin: false }),
      fromClient({ opcode: 9, payload: 'ping' }),
      fromClient({ opcode: 0, payload: '', fin: false }),
      fromClient({ opcode: 0, payload: '€😀' }),
      fromClient({ opcode: 2, payload: '' }),
      fromClient({ opcode: 8, payload: join(Uint8Array.of(0x03, 0xe8), Buffer.from('bye')) }),
    ),
    [
      ['frame', 0, 1, false, false, 3],
      ['frame', 0, 9, true, false, 4],
      ['frame', 0, 0, false, false, 0],
      ['frame', 0, 0, true, false, 7],
      ['message', 0, 0, 1, 3, 10, 10, false, '', true, b64('Hé€')],
      ['frame', 0, 2, true, false, 0],
      ['message', 0, 1, 2, 1, 0, 0, false, '', false, ''],
      ['frame', 0, 8, true, false, 5],
      ['close', 0, 1000, 'bye'],
    ],
    { captureBytes: 6 },
    CLIENT,
    'fragments, a control frame between them, a captured prefix',
  )
  for (const size of [125, 126, 65_535, 65_536, 200_001]) {
    const payload = Buffer.alloc(size, 'abcdefg')
    const input = join(fromClient({ opcode: 1, payload }), fromClient({ opcode: 1, payload: 'x' }))
    for (const chunks of [
      [Uint8Array.from(input)],
      [
        Uint8Array.from(input.subarray(0, 3)),
        Uint8Array.from(input.subarray(3, 9)),
        Uint8Array.from(input.subarray(9, 77)),
        Uint8Array.from(input.subarray(77)),
      ],
    ]) {
      const messages = observe(chunks, capture).filter((f) => f[0] === 'message')
      t.same(
        messages,
        [
          ['message', 0, 0, 1, 1, size, size, false, '', false, payload.toString('base64')],
          ['message', 0, 1, 1, 1, 1, 1, false, '', false, b64('x')],
        ],
        `${size} octets`,
      )
    }
  }
})

t.test('a message of 8 MiB: its size, and no more of it kept than was asked for', async (t) => {
  const payload = Buffer.alloc(1 << 20, 'long message ')
  const recorder = new WebSocketRecorder()
  const observer = new WebSocketObserver(recorder, { captureBytes: 64 << 20 })
  for (let i = 0; i < 8; i++) observer.execute(ORIGIN, frame({ opcode: i === 0 ? 1 : 0, payload, fin: i === 7 }))
  const [message] = recorder.of('message')
  t.match(message, ['message', 1, 0, 1, 8, 8 << 20, 8 << 20, false, '', true])
  t.equal(Buffer.from(message?.[10] as string, 'base64').length, 1 << 20)
})

t.test('violations turn the side opaque', async (t) => {
  const after = fromClient({ opcode: 1, payload: 'never seen' })
  const long = Buffer.alloc(126)
  const cases: [string, Uint8Array, (0 | 1)?][] = [
    ['websocket_reserved_bits', fromClient({ opcode: 1, reserved: 4 })],
    ['websocket_reserved_bits', fromClient({ opcode: 9, reserved: 1 })],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Uint8Array] => ['websocket_reserved_opcode', fromClient({ opcode })]),
    ['websocket_client_unmasked', frame({ opcode: 1 })],
    ['websocket_origin_masked', fromClient({ opcode: 1 }), ORIGIN],
    ['websocket_length_not_minimal', fromClient({ opcode: 2, payload: 'x', lengthOctets: 2 })],
    ['websocket_length_not_minimal', fromClient({ opcode: 2, payload: long, lengthOctets: 8 })],
    ['websocket_length_overflow', Uint8Array.of(0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1)],
    ['websocket_control_fragmented', fromClient({ opcode: 9, fin: false })],
    ['websocket_control_too_long', fromClient({ opcode: 9, payload: long })],
    ['websocket_continuation_unexpected', fromClient({ opcode: 0 })],
    ['websocket_continuation_missing', join(fromClient({ opcode: 1, fin: false }), fromClient({ opcode: 1 }))],
    ['websocket_text_not_utf8', fromClient({ opcode: 1, payload: Uint8Array.of(0xc0, 0xaf) })],
    ['websocket_text_not_utf8', fromClient({ opcode: 1, payload: Uint8Array.of(0x41, 0xe2, 0x82) })],
    ['websocket_close_payload', fromClient({ opcode: 8, payload: 'x' })],
    ['websocket_close_payload', fromClient({ opcode: 8, payload: Uint8Array.of(3, 0xe8, 0xff) })],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, Uint8Array] => [
      'websocket_close_code',
      fromClient({ opcode: 8, payload: Uint8Array.of(code >> 8, code & 255) }),
    ]),
    ['websocket_frame_after_close', join(fromClient({ opcode: 8 }), fromClient({ opcode: 9 }), fromClient({ opcode: 2 }))],
  ]
  for (const [code, bytes, side = CLIENT] of cases) {
    for (const chunks of chunkings(join(bytes, after))) {
      const facts = observe(chunks, {}, side)
      const last = facts.at(-1)
      if (last?.[0] !== 'violation' || last[2] !== code || facts.filter((f) => f[0] === 'violation').length !== 1) t.same(last, code)
    }
    t.pass(code)
  }
  const deflate = { extensions: parseExtensions('permessage-deflate') }
  t.match(observe([fromClient({ opcode: 9, reserved: 4 })], deflate).at(-1), ['violation', 0, 'websocket_compressed_control'])
  const continued = join(fromClient({ opcode: 1, fin: false, reserved: 4 }), fromClient({ opcode: 0, reserved: 4 }))
  t.match(observe([continued], deflate).at(-1), ['violation', 0, 'websocket_compressed_continuation'])
})

t.test('close codes that may be sent', async (t) => {
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999]) {
    t.match(observe([fromClient({ opcode: 8, payload: Uint8Array.of(code >> 8, code & 255) })]).at(-1), ['close', 0, code, ''])
  }
  t.match(observe([fromClient({ opcode: 8 })]).at(-1), ['close', 0, 1005, ''])
})

t.test('control frames after the close frame break no rule: the reply of some peers to a reply', async (t) => {
  const again = join(fromClient({ opcode: 8 }), fromClient({ opcode: 9 }), fromClient({ opcode: 8 }))
  everySplit(
    t,
    again,
    [
      ['frame', 0, 8, true, false, 0],
      ['close', 0, 1005, ''],
      ['frame', 0, 9, true, false, 0],
      ['frame', 0, 8, true, false, 0],
      ['close', 0, 1005, ''],
    ],
    {},
    CLIENT,
    'close, ping, close',
  )
})

t.test('ends once, with the reason', async (t) => {
  const end = (run: (o: WebSocketObserver) => void) => {
    const recorder = new WebSocketRecorder()
    run(new WebSocketObserver(recorder))
    return recorder.of('end')
  }
  t.same(
    end((o) => {
      o.finish(CLIENT)
      o.finish(ORIGIN)
      o.abort('draining')
    }),
    [['end', 'relay_eof']],
  )
  t.same(
    end((o) => {
      o.execute(CLIENT, fromClient({ opcode: 8 }))
      o.execute(ORIGIN, frame({ opcode: 8 }))
      o.abort('client_reset')
    }),
    [['end', 'completed']],
  )
  t.same(
    end((o) => {
      o.execute(CLIENT, fromClient({ opcode: 8 }))
      o.abort('client_reset')
      o.abort('draining')
    }),
    [['end', 'client_reset']],
  )
  t.same(
    end((o) => {
      o.execute(CLIENT, Uint8Array.of(0x81))
      o.finish(CLIENT)
      o.finish(ORIGIN)
    }),
    [['end', 'client_closed_early']],
  )
  t.same(
    end((o) => {
      o.execute(ORIGIN, frame({ opcode: 1, fin: false }))
      o.finish(ORIGIN)
      o.finish(CLIENT)
    }),
    [['end', 'upstream_closed_early']],
  )
})

t.test('permessage-deflate: the examples of RFC 7692 §7.2.3', async (t) => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
  const options = { extensions: parseExtensions('permessage-deflate'), captureBytes: 1_000 }
  const hello = (index: number, wire: number, frames = 1) => ['message', 1, index, 1, frames, wire, 5, true, '', false, b64('Hello')]
  const messages = (bytes: Uint8Array) => observe([bytes], options, ORIGIN).filter((f) => f[0] !== 'frame')
  t.same(messages(hex('c1 07 f2 48 cd c9 c9 07 00')), [hello(0, 7)], 'one frame')
  t.same(messages(hex('41 03 f2 48 cd 80 04 c9 c9 07 00')), [hello(0, 7, 2)], 'two frames')
  t.same(messages(hex('c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00')), [hello(0, 7), hello(1, 5)], 'the window of the first')
  t.same(messages(hex('c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00')), [hello(0, 11)], 'no compression')
  t.same(messages(hex('c1 08 f3 48 cd c9 c9 07 00 00')), [hello(0, 8)], 'BFINAL')
  t.same(messages(hex('c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00')), [hello(0, 13)], 'two blocks')
})

t.test('what cannot be inflated is a fact, and the frames go on', async (t) => {
  const deflated = (text: Buffer) => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  const bomb = frame({ opcode: 2, reserved: 4, payload: deflated(Buffer.alloc(2 << 20)) })
  const corrupt = frame({ opcode: 2, reserved: 4, payload: Uint8Array.of(0xff, 0xff, 0xff) })
  const good = frame({ opcode: 2, reserved: 4, payload: deflated(Buffer.from('good')) })
  const large = frame({ opcode: 2, reserved: 4, payload: Buffer.alloc(300_000, 1) })
  const failures = (extension: string, ...frames: Uint8Array[]) =>
    observe(frames, { extensions: parseExtensions(extension), captureBytes: 10 }, ORIGIN)
      .filter((f) => f[0] === 'message')
      .map((f) => f[8] || f[6])
  t.same(failures('permessage-deflate', bomb, good), ['output_limit', 'context_lost'])
  t.same(failures('permessage-deflate; server_no_context_takeover', bomb, good), ['output_limit', 4])
  t.same(failures('permessage-deflate; server_no_context_takeover', corrupt, large, good), ['corrupt', 'input_limit', 4])
  t.same(failures('permessage-deflate', large, good), ['input_limit', 'context_lost'])
  const notText = frame({ opcode: 1, reserved: 4, payload: deflated(Buffer.from([0xff])) })
  t.match(observe([notText], { extensions: parseExtensions('permessage-deflate'), captureBytes: 10 }, ORIGIN).at(-1), ['violation', 1])
  t.match(
    observe([notText], { extensions: parseExtensions('permessage-deflate') }, ORIGIN).at(-1),
    ['message', 1, 0, 1, 1, notText.length - 2, -1],
    'nobody asked',
  )
})

t.test('an unknown extension: frames and sizes only', async (t) => {
  const facts = observe(
    [frame({ opcode: 1, reserved: 7, payload: Uint8Array.of(0xff) })],
    { extensions: parseExtensions('x-webkit-deflate-frame') },
    ORIGIN,
  )
  t.match(facts.at(-1), ['message', 1, 0, 1, 1, 1, 1, false, ''])
})

t.test('property: any octets give facts, never a throw; the same whatever the splits', async (t) => {
  const anyFrame = fc
    .record({
      opcode: fc.constantFrom(0, 1, 1, 2, 2, 8, 9, 10, 3),
      payload: fc.uint8Array({ maxLength: 200 }),
      fin: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 4, 1),
    })
    .map((spec) => fromClient(spec))
  const input = fc.oneof(
    fc.array(anyFrame, { maxLength: 6 }).map((frames) => join(...frames)),
    fc.uint8Array({ maxLength: 200 }),
  )
  const options = { extensions: parseExtensions('permessage-deflate'), captureBytes: 100 }
  fc.assert(
    fc.property(input, fc.integer(), (bytes, seed) => {
      const whole = JSON.stringify(observe([Uint8Array.from(bytes)], options))
      for (const chunks of chunkings(bytes, seed)) if (JSON.stringify(observe(chunks, options)) !== whole) return false
      return true
    }),
    { numRuns: 150 },
  )
  t.pass('150 inputs')
})

t.test('captured flows: the frames that TShark sees', async (t) => {
  const file = corpus('websocket-flows/flows.jsonl')
  if (file === undefined) return void t.comment(`skipped: ${NO_CORPORA}`)
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const flow = JSON.parse(line)
    const recorder = new WebSocketRecorder()
    const observer = new WebSocketObserver(recorder, { captureBytes: 1 << 20 })
    for (const [side, key] of [
      [CLIENT, 'a2b_b64'],
      [ORIGIN, 'b2a_b64'],
    ] as const) {
      const bytes = Buffer.from(flow[key], 'base64')
      const body = Uint8Array.from(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4))
      for (let at = 0; at < body.length; at += 11) observer.execute(side, body.subarray(at, at + 11))
    }
    t.same(recorder.of('violation'), [], flow.file)
    for (const [side, key] of [
      [CLIENT, 'tshark_a2b'],
      [ORIGIN, 'tshark_b2a'],
    ] as const) {
      const frames = recorder.of('frame').filter((f) => f[1] === side)
      t.equal(frames.length, flow[key].length, flow.file)
      const texts = recorder.of('message').filter((f) => f[1] === side && f[3] === 1)
      for (const [i, seen] of flow[key].entries()) {
        // TShark's payload_length is the 7-bit field.
        const size = frames[i]?.[5] as number
        t.match(
          [frames[i]?.[2], frames[i]?.[3] ? 1 : 0, size < 126 ? size : size < 65_536 ? 126 : 127],
          [seen.opcode, seen.fin, seen.payload_length],
        )
        const code = seen['websocket.payload.close.status_code']
        if (code !== undefined) t.equal(recorder.of('close').find((f) => f[1] === side)?.[2], Number(code))
        const text = seen['websocket.payload.text']
        if (typeof text === 'string' && seen.opcode === 1) t.equal(texts.shift()?.[10], b64(text))
      }
    }
  }
})
