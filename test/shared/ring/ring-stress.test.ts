/** The short form of the stress run (`test/stress/ring-stress.ts`): a million records across two threads, and a tiny ring. */

import t from 'tap'
import { ringStress } from '../../stress/ring-stress.ts'

for (const [records, capacity] of [
  [1_000_000, 65_536],
  [100_000, 8192],
] as const) {
  t.test(`${records} records through ${capacity} octets: none lost, none torn`, async (t) => {
    const result = await ringStress(records, capacity)
    t.equal(result.failure, undefined)
    t.equal(result.records, records)
    t.comment(`${(records / result.seconds / 1e6).toFixed(2)} M records/s, parked ${result.parks} times`)
  })
}
