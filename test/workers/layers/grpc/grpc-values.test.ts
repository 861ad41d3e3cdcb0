/** Values of gRPC's fields: read, and written so that reading gives them back. */

import fc from 'fast-check'
import t from 'tap'
import { GRPC_STATUS_MESSAGE_CHARACTERS } from '../../../../src/shared/limits/layers/grpc.ts'
import { CONNECT_CODES, percentEncoded, statusMessage, statusNumber, timeoutMs } from '../../../../src/workers/layers/grpc/grpc-values.ts'

t.test('deadlines', async (t) => {
  const table: readonly (readonly [value: string, ms: number | undefined])[] = [
    ['2H', 7_200_000],
    ['99999999M', 5_999_999_940_000],
    ['3S', 3_000],
    ['100m', 100],
    ['5u', 0.005],
    ['0n', 0],
    ['', undefined],
    ['S', undefined],
    ['-1S', undefined],
    ['123456789S', undefined],
    ['1s', undefined],
    ['1S ', undefined],
  ]
  for (const [value, ms] of table) t.equal(timeoutMs(value), ms, value)
})

t.test('numbers of statuses', async (t) => {
  for (const [value, number] of [
    ['0', 0],
    ['16', 16],
    ['999', 999],
    ['1000', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1 ', undefined],
  ] as const)
    t.equal(statusNumber(value), number, value)
  t.equal(CONNECT_CODES.indexOf('unauthenticated'), 16)
})

t.test('messages', async (t) => {
  t.equal(percentEncoded('100 % naïve\n'), '100 %25 na%C3%AFve%0A')
  t.equal(statusMessage('a%2'), 'a%2', 'what is no escape stays')
  t.equal(statusMessage('a'.repeat(GRPC_STATUS_MESSAGE_CHARACTERS + 1)).length, GRPC_STATUS_MESSAGE_CHARACTERS)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const encoded = percentEncoded(text)
      return /^[ -~]*$/.test(encoded) && statusMessage(encoded) === Buffer.from(text).toString()
    }),
  )
})
