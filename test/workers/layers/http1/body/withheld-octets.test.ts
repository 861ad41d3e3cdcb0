/** WithheldOctets keeps what is appended, in order, while it grows; joinOctets gives a buffer of its own. */

import t from 'tap'
import { joinOctets, WithheldOctets } from '../../../../../src/workers/layers/http1/body/withheld-octets.ts'

t.test('appends of any size', async (t) => {
  const source = Buffer.from(Array.from({ length: 20_000 }, (_, n) => n % 251))
  for (const step of [1, 7, 1_023, 1_024, 1_025, 20_000]) {
    const withheld = new WithheldOctets()
    for (let at = 0; at < source.length; at += step) withheld.append(source, at, Math.min(source.length, at + step))
    t.equal(withheld.length, source.length)
    t.ok(source.equals(withheld.bytes.subarray(0, withheld.length)), `by ${step}`)
    t.ok(withheld.bytes.length <= 2 * source.length, 'grown by doubling, and not beyond')
  }
})

t.test('nothing is kept of the buffer that was read', async (t) => {
  const read = Buffer.from('head')
  const withheld = new WithheldOctets()
  withheld.append(read, 0, 4)
  const joined = joinOctets(read, 2, read, 1)
  read.fill(0)
  t.equal(Buffer.from(withheld.bytes.subarray(0, 4)).toString(), 'head')
  t.equal(Buffer.from(joined).toString(), 'heead')
  t.equal(joinOctets(read, 0, read, 4).length, 0)
})
