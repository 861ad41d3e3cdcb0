/** Clock: on the scale of the rings: origin plus what the monotonic clock has counted since. */

import t from 'tap'
import { Clock } from '../../src/aggregator/clock.ts'

t.test('wall time follows the monotonic clock from the origin', (t) => {
  const clock = new Clock({ wallMs: 1_000, monoNs: process.hrtime.bigint() - 5_000_000n })
  const wallMs = clock.wallMs()
  t.ok(wallMs >= 1_005 && wallMs < 1_105, String(wallMs))
  t.equal(Math.round(wallMs * 1_000) / 1_000, wallMs, 'to the microsecond')
  t.ok(clock.wallMs() >= wallMs)
  const mono = BigInt(clock.monoNs())
  t.ok(process.hrtime.bigint() >= mono)
  t.end()
})
