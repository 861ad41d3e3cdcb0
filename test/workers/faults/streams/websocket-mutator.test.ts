/** Faults of WebSocket messages, in every split: what is sent, to the octet, and what is told. */

import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HELD_MESSAGE_BYTES } from '../../../../src/shared/limits/faults.ts'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { WebSocketMutator } from '../../../../src/workers/faults/streams/websocket-mutator.ts'
import { NO_EXTENSIONS, parseExtensions, type WebSocketExtensions } from '../../../../src/workers/layers/websocket/extensions.ts'
import { OPCODE } from '../../../../src/workers/layers/websocket/opcodes.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { type FrameSpec, frame, fromClient } from '../../../support/octets/websocket-frames.ts'
import { type Mutation, type MutationStep, mutate } from '../../../support/recorders/mutation-recorder.ts'

type Options = ConstructorParameters<typeof WebSocketMutator>[0]

const KEY = Uint8Array.of(1, 2, 3, 4)
const BASE: Options = { message: 1, action: 'drop', code: 1_011, reason: 'gone', ms: 5, defect: 'opcode' }

const latin1 = (...frames: readonly Uint8Array[]) => Buffer.concat(frames).toString('latin1')
const make = (options: Partial<Options>, side: Side = ORIGIN, extensions: WebSocketExtensions = NO_EXTENSIONS) =>
  new WebSocketMutator({ ...BASE, ...options }, side, extensions, KEY)

function mutation(t: Test, octets: string, build: () => WebSocketMutator): Mutation {
  const bytes = Buffer.from(octets, 'latin1')
  const expected = mutate(build(), [Uint8Array.from(bytes)])
  for (const chunks of chunkings(bytes)) t.same(mutate(build(), chunks), expected)
  return expected
}

/** Three messages, the second in three fragments with a ping and a pong between them. */
function conversation(build: (spec: FrameSpec) => Uint8Array) {
  return {
    first: latin1(build({ opcode: OPCODE.text, payload: 'one' }), build({ opcode: OPCODE.ping, payload: 'p' })),
    fragments: [
      latin1(build({ opcode: OPCODE.binary, payload: 'x'.repeat(200), fin: false })),
      latin1(build({ opcode: OPCODE.continuation, payload: '', fin: false })),
      latin1(build({ opcode: OPCODE.continuation, payload: 'z' })),
    ] as const,
    ping: latin1(build({ opcode: OPCODE.ping })),
    pong: latin1(build({ opcode: OPCODE.pong, payload: 'q' })),
    third: latin1(build({ opcode: OPCODE.text, payload: 'three' })),
  }
}

for (const [name, side, build] of [
  ['client', CLIENT, fromClient],
  ['origin', ORIGIN, frame],
] as const)
  t.test(`messages of the ${name}`, async (t) => {
    const { first, fragments, ping, pong, third } = conversation(build)
    const [a, b, c] = fragments
    const all = first + a + ping + b + pong + c + third
    const steps = (options: Partial<Options>) => mutation(t, all, () => make(options, side)).steps
    t.same(
      mutation(t, all, () => make({}, side)),
      { steps: [['write', first + ping + pong + third]], injected: [[1, 'message', { action: 'drop' }]] },
    )
    t.same(steps({ action: 'duplicate' }), [['write', first + a + ping + b + pong + c + a + b + c + third]])
    t.same(steps({ action: 'delay' }), [
      ['write', first],
      ['delay', 5],
      ['write', a + ping + b + pong + c + third],
    ])
    t.same(steps({ action: 'drop', message: 2 }), [['write', first + a + ping + b + pong + c]])
    t.same(steps({ action: 'drop', message: 3 }), [['write', all]])
    const close = latin1(
      frame({
        opcode: OPCODE.close,
        payload: Buffer.from([1_011 >> 8, 1_011 & 0xff, ...Buffer.from('gone')]),
        mask: side === CLIENT ? [...KEY] : undefined,
      }),
    )
    t.same(steps({ action: 'close' }), [
      ['write', first + close],
      ['end', undefined],
    ])
  })

t.test('heads that a receiver must refuse', async (t) => {
  const [plain, masked] = [frame({ opcode: OPCODE.text, payload: 'hello' }), fromClient({ opcode: OPCODE.text, payload: 'hello' })]
  const altered = (defect: Options['defect'], octets: Uint8Array, side: Side) =>
    mutation(t, latin1(octets), () => make({ action: 'malformed', defect, message: 0 }, side)).steps
  t.same(altered('opcode', plain, ORIGIN), [['write', latin1(frame({ opcode: 3, payload: 'hello' }))]])
  t.same(altered('reserved_bits', plain, ORIGIN), [['write', latin1(frame({ opcode: OPCODE.text, reserved: 3, payload: 'hello' }))]])
  t.same(altered('mask', plain, ORIGIN), [['write', latin1(frame({ opcode: OPCODE.text, mask: [0, 0, 0, 0], payload: 'hello' }))]])
  t.same(altered('mask', masked, CLIENT), [['write', latin1(Uint8Array.of(0x81, 5), masked.subarray(6))]])
})

t.test('with context takeover, a compressed message neither goes nor comes twice', async (t) => {
  const compressed = latin1(frame({ opcode: OPCODE.text, reserved: 4, payload: 'zip' }))
  const plain = latin1(frame({ opcode: OPCODE.text, payload: 'raw' }))
  const told = { injected: [[0, 'message', { not_applicable: 'compressed with context takeover' }]] }
  const takeover = parseExtensions('permessage-deflate; client_no_context_takeover')
  const without = parseExtensions('permessage-deflate; server_no_context_takeover')
  for (const action of ['drop', 'duplicate'] as const) {
    t.match(
      mutation(t, compressed, () => make({ action, message: 0 }, ORIGIN, takeover)),
      { steps: [['write', compressed]], ...told },
    )
    t.not(mutation(t, compressed, () => make({ action, message: 0 }, ORIGIN, without)).injected[0]?.[2], undefined)
    t.same(
      mutation(t, compressed, () => make({ action, message: 0 }, ORIGIN, without)).steps,
      action === 'drop' ? [] : [['write', compressed + compressed]],
    )
    t.same(
      mutation(t, plain, () => make({ action, message: 0 }, ORIGIN, takeover)).steps,
      action === 'drop' ? [] : [['write', plain + plain]],
    )
    t.same(mutation(t, plain, () => make({ action, message: 0 }, ORIGIN, parseExtensions('x-other'))).injected, [
      [0, 'message', { not_applicable: 'an extension that is not known' }],
    ])
  }
})

t.test('what is no WebSocket passes, and so does a message too long to be held', async (t) => {
  const broken = latin1(
    frame({ opcode: OPCODE.text, payload: 'one' }),
    frame({ opcode: OPCODE.text, payload: 'x', lengthOctets: 2 }),
    Buffer.from('more'),
  )
  t.match(
    mutation(t, broken, () => make({})),
    { steps: [['write', broken]], injected: [[1, 'message', { not_applicable: 'websocket_length_not_minimal' }]] },
  )
  const long = frame({ opcode: OPCODE.binary, payload: Buffer.alloc(HELD_MESSAGE_BYTES, 'y') })
  t.same(mutate(make({ action: 'duplicate', message: 0 }), [Uint8Array.from(long)]), {
    steps: [['write', latin1(long)]],
    injected: [[0, 'message', { not_applicable: 'longer than can be held' }]],
  })
  const partial = latin1(frame({ opcode: OPCODE.text, payload: 'one' }), Uint8Array.of(0x81))
  t.same(mutation(t, partial, () => make({})).steps, [['write', partial]])
})

t.test('any octets, any split: the same', async (t) => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.record({ opcode: fc.constantFrom(0, 1, 2, 9), fin: fc.boolean(), payload: fc.uint8Array({ maxLength: 140 }) }), {
        maxLength: 8,
      })
      .map((frames) => Buffer.concat(frames.map(frame))),
  )
  const action = fc.constantFrom('close', 'drop', 'delay', 'malformed', 'duplicate') as fc.Arbitrary<Options['action']>
  fc.assert(
    fc.property(octets, action, fc.nat(3), fc.integer({ min: 1, max: 9 }), (bytes, action, message, size) => {
      const whole = mutate(make({ action, message }), [Uint8Array.from(bytes)])
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        Uint8Array.from(bytes.subarray(n * size, (n + 1) * size)),
      )
      t.same(mutate(make({ action, message }), chunks), whole)
      const all: MutationStep[] = bytes.length === 0 ? [] : [['write', Buffer.from(bytes).toString('latin1')]]
      if (whole.injected.length === 0) t.same(whole.steps, all)
    }),
    { numRuns: 500 },
  )
})
