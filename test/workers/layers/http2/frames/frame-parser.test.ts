/**
 * The frame parser: every type in every split, every broken rule with its code (RFC 9113 §6), and the frames of http2-frame-test-
 * case.
 */

import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { CONTINUATIONS_PER_BLOCK } from '../../../../../src/shared/limits/layers/http2.ts'
import { FrameParser, NEED_MORE, PREFACE_UNIT, SPAN, VIOLATION } from '../../../../../src/workers/layers/http2/frames/frame-parser.ts'
import { chunkings } from '../../../../support/chunkings.ts'
import { fixture } from '../../../../support/corpora/corpora.ts'
import {
  data,
  frame,
  GET,
  goaway,
  headers,
  PREFACE,
  ping,
  settings,
  settingsAck,
  uint32,
  windowUpdate,
} from '../../../../support/octets/http2-frames.ts'

const BLOCK_BYTES = 100_000

/** What a parser tells, as text; payload spans are joined. */
function run(chunks: readonly Uint8Array[], maxFrameSize = 16_384): { facts: string[]; raw: Buffer; violation: string | undefined } {
  const parser = new FrameParser(BLOCK_BYTES, true)
  parser.maxFrameSize = maxFrameSize
  const facts: string[] = []
  const raw: Uint8Array[] = []
  let body = ''
  const flush = () => {
    if (body !== '') facts.push(`data ${body}`)
    body = ''
  }
  for (const chunk of chunks) {
    parser.begin(chunk)
    for (let piece = parser.read(); piece !== NEED_MORE; piece = parser.read()) {
      if (piece === VIOLATION) return { facts, raw: Buffer.concat(raw), violation: parser.violation?.code }
      raw.push(parser.raw.slice(parser.rawStart, parser.rawEnd))
      if (piece === SPAN) {
        body += Buffer.from(parser.raw.subarray(parser.rawStart, parser.dataEnd)).toString('latin1')
        if (parser.ended) flush()
        continue
      }
      const { type, flags, streamId, length } = parser
      const block = type === 1 || type === 5 ? Buffer.from(parser.block.subarray(parser.blockStart, parser.blockEnd)).toString('hex') : ''
      facts.push(piece === PREFACE_UNIT ? 'preface' : `${type} ${flags} ${streamId} ${length} ${type === 0 ? parser.dataLength : block}`)
    }
  }
  flush()
  return { facts, raw: Buffer.concat(raw), violation: undefined }
}

const start = Buffer.concat([PREFACE, settings([3, 100])])

t.test('every frame type, in every split', async (t) => {
  const input = Buffer.concat([
    start,
    settingsAck(),
    headers(1, GET),
    data(1, 'hello'),
    frame(0, 0x9, 1, [2, 0x41, 0x42, 0, 0]),
    frame(0, 0x8, 1, [2, 0, 0]),
    frame(1, 0x2c, 3, [1, 0, 0, 0, 1, 15, 0x82, 0x84, 0]),
    frame(1, 0x1, 5, [0x82]),
    frame(9, 0, 5, []),
    frame(9, 0, 5, [0x84, 0x87]),
    frame(9, 4, 5, [0x88]),
    frame(5, 0x8 | 0x4, 1, [1, 0, 0, 0, 2, 0x82, 0]),
    frame(2, 0, 7, [0, 0, 0, 1, 9]),
    frame(3, 0, 1, uint32(8)),
    ping(),
    goaway(5, 0, 'debug data'),
    windowUpdate(0, 1),
    frame(0x10, 0, 0, [0, 0, 0, 1, 0x75]),
    frame(0xa, 0, 1, [0, 0, 1, 2]),
    frame(0xc, 0, 0),
    frame(0xfe, 0xff, 0x80000003, [1, 2, 3]),
  ])
  const whole = run([input])
  t.same(whole.facts, [
    'preface',
    '4 0 0 6 ',
    '4 1 0 0 ',
    `1 4 1 ${headers(1, GET).length - 9} ${headers(1, GET).subarray(9).toString('hex')}`,
    '0 0 1 5 5',
    'data hello',
    '0 9 1 5 2',
    'data AB',
    '0 8 1 3 0',
    '1 44 3 9 8284',
    '1 5 5 1 82848788',
    '5 12 1 7 82',
    '2 0 7 5 ',
    '3 0 1 4 ',
    '6 0 0 8 ',
    '7 0 0 18 ',
    '8 0 0 4 ',
    '16 0 0 5 ',
    '10 0 1 4 ',
    '12 0 0 0 ',
    '254 255 3 3 ',
  ])
  for (const chunks of chunkings(input)) t.same(run(chunks), { ...whole, raw: input })
})

t.test('violations', async (t) => {
  const cases: [string, Buffer][] = [
    ['http2_frame_too_long', frame(0, 0, 1, new Uint8Array(16_385))],
    ['http2_frame_too_long', frame(0xfe, 0, 1, new Uint8Array(16_385))],
    ['http2_frame_length', frame(0, 8, 1)],
    ['http2_frame_length', frame(1, 0x28, 1, [0, 0, 0, 0, 0])],
    ['http2_frame_length', frame(5, 0x4, 1, [0, 0, 0])],
    ['http2_frame_length', frame(2, 0, 1, [0, 0, 0, 0])],
    ['http2_frame_length', frame(3, 0, 1, [0, 0, 0, 0, 0])],
    ['http2_frame_length', frame(4, 0, 0, [0, 0, 0, 0, 0])],
    ['http2_frame_length', frame(4, 1, 0, [0, 3, 0, 0, 0, 0])],
    ['http2_frame_length', frame(6, 0, 0, [0])],
    ['http2_frame_length', frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0])],
    ['http2_frame_length', frame(8, 0, 0, [0, 0, 0])],
    ['http2_frame_length', frame(0x10, 0, 0, [0, 0, 0])],
    ['http2_stream_zero', frame(0, 0, 0)],
    ['http2_stream_zero', frame(1, 4, 0)],
    ['http2_stream_zero', frame(2, 0, 0, [0, 0, 0, 0, 0])],
    ['http2_stream_zero', frame(3, 0, 0, [0, 0, 0, 0])],
    ['http2_stream_zero', frame(5, 4, 0, [0, 0, 0, 2])],
    ['http2_stream_not_zero', frame(4, 0, 1)],
    ['http2_stream_not_zero', frame(6, 0, 1, new Uint8Array(8))],
    ['http2_stream_not_zero', frame(7, 0, 1, new Uint8Array(8))],
    ['http2_stream_not_zero', frame(0x10, 0, 1, new Uint8Array(4))],
    ['http2_padding', frame(0, 8, 1, [3, 0, 0])],
    ['http2_padding', frame(1, 0xc, 1, [2, 0x82])],
    ['http2_padding', frame(1, 0x2c, 1, [2, 0, 0, 0, 0, 1, 0x82])],
    ['http2_padding', frame(5, 0xc, 1, [2, 0, 0, 0, 2, 0x82])],
    ['http2_continuation_unexpected', frame(9, 4, 1, [0x82])],
    ['http2_continuation_missing', Buffer.concat([frame(1, 0, 1, [0x82]), data(1)])],
    ['http2_continuation_missing', Buffer.concat([frame(1, 0, 1, [0x82]), frame(9, 4, 3, [0x82])])],
    [
      'http2_header_block_too_long',
      Buffer.concat([frame(1, 0, 1, [0x82]), ...Array.from({ length: CONTINUATIONS_PER_BLOCK + 1 }, () => frame(9, 0, 1))]),
    ],
    [
      'http2_header_block_too_long',
      Buffer.concat([frame(1, 0, 1, [0x82]), ...Array.from({ length: 7 }, () => frame(9, 0, 1, new Uint8Array(16_384)))]),
    ],
    ['http2_settings_too_long', settings(...Array.from({ length: 65 }, (): [number, number] => [99, 0]))],
  ]
  for (const [code, octets] of cases) {
    const input = Buffer.concat([start, octets])
    for (const chunks of octets.length > 1_000 ? [[input]] : chunkings(input)) {
      const { violation, raw } = run(chunks)
      if (violation !== code || !raw.equals(start)) t.same([violation, raw], [code, start], octets.subarray(0, 30).toString('hex'))
    }
    t.pass(code)
  }
  t.equal(run([Buffer.from('GET / HTTP/1.1\r\n')]).violation, 'http2_preface')
  t.equal(run([Buffer.from('P'), Buffer.from('U')]).violation, 'http2_preface', 'as soon as it differs')
  t.equal(run([Buffer.concat([PREFACE, ping()])]).violation, 'http2_settings_first')
  t.equal(run([Buffer.concat([PREFACE, settingsAck()])]).violation, 'http2_settings_first')
  t.equal(run([Buffer.concat([start, frame(0, 0, 1, new Uint8Array(20_000))])], 20_000).violation, undefined, 'a larger size, if allowed')
})

t.test('http2-frame-test-case: decoded frames and error codes', async (t) => {
  for (const file of readdirSync(fixture('http2-frame-test-case')).filter((name) => name.endsWith('.json'))) {
    const {
      wire,
      error,
      frame: expected,
    } = JSON.parse(readFileSync(fixture('http2-frame-test-case', file), 'utf8')) as {
      wire: string
      error: number[] | null
      frame: { length: number; flags: number; stream_identifier: number; type: number } | null
    }
    const parser = new FrameParser(BLOCK_BYTES, false)
    parser.begin(settings())
    parser.read()
    parser.begin(Buffer.from(wire, 'hex'))
    // CONTINUATION is tried behind the HEADERS frame that it continues.
    if (expected?.type === 9)
      parser.begin(Buffer.concat([frame(1, 0, expected.stream_identifier), Buffer.from(wire, 'hex'), frame(9, 4, 50)]))
    const piece = parser.read()
    if (error !== null) {
      t.equal(piece, VIOLATION, file)
      t.ok(error.includes(parser.violation?.errorCode ?? -1), `${file}: code ${parser.violation?.errorCode} of ${error}`)
    } else if (expected?.type === 9) {
      t.equal(Buffer.from(parser.block.subarray(parser.blockStart, parser.blockEnd)).toString(), 'this is dummy', file)
    } else {
      const { length, flags, streamId: stream_identifier, type } = parser
      t.match(expected, { length, flags, stream_identifier, type }, file)
    }
  }
})

t.test('any octets: pieces or a violation, the same in every split', async (t) => {
  const someFrame = fc
    .tuple(
      fc.integer({ min: 0, max: 17 }),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 9 }),
      fc.uint8Array({ maxLength: 30 }),
    )
    .map(([type, flags, id, payload]) => frame(type, flags, id, payload))
  const input = fc
    .tuple(fc.array(someFrame, { maxLength: 8 }), fc.uint8Array({ maxLength: 40 }))
    .map(([frames, rest]) => Buffer.concat([start, ...frames, rest]))
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 50 }), (octets, size) => {
      const whole = run([octets])
      const cut = run(Array.from({ length: Math.ceil(octets.length / size) }, (_, i) => octets.subarray(i * size, (i + 1) * size)))
      return JSON.stringify(whole) === JSON.stringify(cut)
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})
