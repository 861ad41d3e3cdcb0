/**
 * BoundedBytes keeps no more than its limit, counts everything that came, and gives large memory back.
 */

import t from 'tap'
import { BoundedBytes } from '../../../src/shared/bytes/bounded-bytes.ts'

t.test('keeps up to the limit and counts everything', async (t) => {
  const bytes = new BoundedBytes(600)
  const source = Uint8Array.from({ length: 100 }, (_, i) => i)
  for (let i = 0; i < 7; i++) bytes.append(source, 0, 100)
  t.equal(bytes.length, 600)
  t.equal(bytes.size, 700)
  t.ok(bytes.overflow)
  t.same(bytes.view().subarray(500), source)
  bytes.appendByte(1)
  t.equal(bytes.size, 701)
  bytes.clear()
  t.match(bytes, { length: 0, size: 0, overflow: false })
  bytes.append(source, 10, 13)
  bytes.append(source, 50, 70)
  bytes.appendByte(9)
  t.same([...bytes.view()], [10, 11, 12, ...source.subarray(50, 70), 9])
})

t.test('gives large memory back', async (t) => {
  const bytes = new BoundedBytes(1 << 20)
  bytes.append(new Uint8Array(100_000), 0, 100_000)
  bytes.clear()
  t.equal(bytes.bytes.length, 0)
})
