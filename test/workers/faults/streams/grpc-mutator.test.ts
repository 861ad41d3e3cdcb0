/** Faults of gRPC messages, in every split: what is sent, to the octet, and what is told. */

import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HELD_MESSAGE_BYTES } from '../../../../src/shared/limits/faults.ts'
import { GrpcMutator } from '../../../../src/workers/faults/streams/grpc-mutator.ts'
import type { EnvelopedVariant } from '../../../../src/workers/faults/streams/grpc-status.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { type Mutation, mutate } from '../../../support/recorders/mutation-recorder.ts'

type Options = ConstructorParameters<typeof GrpcMutator>[0]

const BASE: Options = { message: 1, action: 'status', ms: 5, status: 14, message_text: 'é 1%' }

function envelope(payload: string, flags = 0): string {
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(payload.length, 1)
  return head.toString('latin1') + payload
}

const make = (options: Partial<Options>, variant: EnvelopedVariant = 'grpc') => new GrpcMutator({ ...BASE, ...options }, variant)

function mutation(t: Test, octets: string, build: () => GrpcMutator): Mutation {
  const bytes = Buffer.from(octets, 'latin1')
  const expected = mutate(build(), [Uint8Array.from(bytes)])
  for (const chunks of chunkings(bytes)) t.same(mutate(build(), chunks), expected)
  return expected
}

const A = envelope('first')
const B = envelope('second one', 1)
const EMPTY = envelope('')
const C = envelope('third')
const ALL = A + B + EMPTY + C

t.test('each action', async (t) => {
  const steps = (options: Partial<Options>) => mutation(t, ALL, () => make(options)).steps
  t.same(
    mutation(t, ALL, () => make({ action: 'drop' })),
    { steps: [['write', A + EMPTY + C]], injected: [[1, 'message', { action: 'drop' }]] },
  )
  t.same(steps({ action: 'drop', message: 2 }), [['write', A + B + C]])
  t.same(steps({ action: 'duplicate' }), [['write', A + B + B + EMPTY + C]])
  t.same(steps({ action: 'duplicate', message: 2 }), [['write', A + B + EMPTY + EMPTY + C]])
  t.same(steps({ action: 'delay' }), [
    ['write', A],
    ['delay', 5],
    ['write', B + EMPTY + C],
  ])
  t.same(steps({ action: 'malformed' }), [['write', `${A}\0${B.slice(1)}${EMPTY}${C}`]])
  t.same(steps({ action: 'truncate' }), [
    ['write', A + B.slice(0, 7)],
    ['end', undefined],
  ])
  t.same(steps({ action: 'truncate', message: 2 }), [
    ['write', A + B + EMPTY.slice(0, 2)],
    ['end', undefined],
  ])
  t.same(steps({ action: 'status' }), [
    ['write', A],
    ['end', 'grpc-status: 14\r\ngrpc-message: %C3%A9 1%25\r\n'],
  ])
  t.same(
    mutation(t, ALL, () => make({ message: 4 })),
    { steps: [['write', ALL]], injected: [] },
  )
})

t.test('the end of gRPC-Web and of Connect is no message, and says the status', async (t) => {
  const trailers = envelope('grpc-status: 0\r\n', 0x80)
  t.same(mutation(t, A + trailers, () => make({}, 'grpc-web')).injected, [])
  t.same(mutation(t, A + B + trailers, () => make({}, 'grpc-web')).steps, [
    ['write', A + envelope('grpc-status: 14\r\ngrpc-message: %C3%A9 1%25\r\n', 0x80)],
    ['end', undefined],
  ])
  t.same(mutation(t, A + envelope('{}', 2), () => make({}, 'connect')).injected, [])
  t.same(mutation(t, A + B, () => make({ message_text: 'no' }, 'connect')).steps, [
    ['write', A + envelope('{"error":{"code":"unavailable","message":"no"}}', 2)],
    ['end', undefined],
  ])
})

t.test('a message too long to be held passes, and the fault says so', async (t) => {
  const long = envelope('x'.repeat(HELD_MESSAGE_BYTES))
  t.same(mutate(make({ action: 'duplicate', message: 0 }), [Buffer.from(long)]), {
    steps: [['write', long]],
    injected: [[0, 'message', { not_applicable: 'longer than can be held' }]],
  })
})

t.test('any octets, any split: the same', async (t) => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .array(fc.string({ maxLength: 20, unit: 'binary-ascii' }), { maxLength: 6 })
      .map((all) => Buffer.from(all.map((text) => envelope(text)).join(''), 'latin1')),
  )
  const action = fc.constantFrom('drop', 'delay', 'duplicate', 'malformed', 'truncate', 'status') as fc.Arbitrary<Options['action']>
  fc.assert(
    fc.property(octets, action, fc.nat(3), fc.integer({ min: 1, max: 7 }), (bytes, action, message, size) => {
      const whole = mutate(make({ action, message }), [Uint8Array.from(bytes)])
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        Uint8Array.from(bytes.subarray(n * size, (n + 1) * size)),
      )
      t.same(mutate(make({ action, message }), chunks), whole)
      if (whole.injected.length === 0) t.same(whole.steps, bytes.length === 0 ? [] : [['write', Buffer.from(bytes).toString('latin1')]])
    }),
    { numRuns: 500 },
  )
})
