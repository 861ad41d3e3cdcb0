/**
 * The octet reader reads within its bounds; beyond them there is nothing, and it remembers.
 */

import t from 'tap'
import { OctetReader } from '../../../../src/workers/tls/hello/octet-reader.ts'

const BYTES = Uint8Array.of(9, 1, 2, 3, 2, 5, 6, 0, 1, 7, 9)

t.test('reads integers and vectors within its bounds', async (t) => {
  const reader = new OctetReader(BYTES, 1, 10)
  t.equal(reader.left, 9)
  t.equal(reader.u8(), 1)
  t.equal(reader.u16(), 0x0203)
  const short = reader.vector(1)
  t.strictSame(short.rest8(), [5, 6])
  t.strictSame(reader.vector(2).rest8(), [7])
  t.equal(reader.left, 0)
  t.notOk(reader.short)
})

t.test('beyond the end there is nothing, and it is remembered', async (t) => {
  const reader = new OctetReader(BYTES, 1, 3)
  t.equal(reader.u8(), 1)
  t.equal(reader.u16(), 0)
  t.ok(reader.short)
  t.equal(reader.left, 0)
  t.equal(reader.u8(), 0)
  const vector = new OctetReader(BYTES, 0, 4)
  t.equal(vector.vector(1).left, 0)
  t.ok(vector.short)
  const skipped = new OctetReader(BYTES, 0, 2)
  skipped.skip(3)
  t.ok(skipped.short)
})

t.test('lists of 16-bit values have no half', async (t) => {
  const even = new OctetReader(BYTES, 0, 4)
  t.strictSame(even.rest16(), [0x0901, 0x0203])
  t.notOk(even.short)
  const odd = new OctetReader(BYTES, 0, 3)
  t.strictSame(odd.rest16(), [0x0901])
  t.ok(odd.short)
})

t.test('text is Latin-1', async (t) => {
  t.equal(new OctetReader(Uint8Array.of(0x68, 0xe9, 0)).restText(), 'h\xe9\0')
})
