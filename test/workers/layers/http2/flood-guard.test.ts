/** FloodGuard: each kind of frame has its own bucket, which lets a burst pass, then its rate, and refills no further. */

import t from 'tap'
import {
  EMPTY_FRAME_FLOOD,
  PING_FLOOD,
  PRIORITIES_PER_STREAM,
  PRIORITY_FLOOD,
  RESET_FLOOD,
  SETTINGS_FLOOD,
  WINDOW_UPDATE_FLOOD,
  WINDOW_UPDATES_PER_DATA,
} from '../../../../src/shared/limits/layers/http2.ts'
import type { Http2Violation } from '../../../../src/shared/violations/http2.ts'
import { FloodGuard } from '../../../../src/workers/layers/http2/flood-guard.ts'

type Take = (guard: FloodGuard) => Http2Violation | undefined

const KINDS: readonly (readonly [limit: { burst: number; perSecond: number }, code: string, take: Take])[] = [
  [RESET_FLOOD, 'http2_flood_reset', (guard) => guard.onReset()],
  [SETTINGS_FLOOD, 'http2_flood_settings', (guard) => guard.onSettings()],
  [PING_FLOOD, 'http2_flood_ping', (guard) => guard.onPing()],
  [EMPTY_FRAME_FLOOD, 'http2_flood_empty', (guard) => guard.onEmptyFrame()],
  [PRIORITY_FLOOD, 'http2_flood_priority', (guard) => guard.onPriority()],
  [WINDOW_UPDATE_FLOOD, 'http2_flood_window_update', (guard) => guard.onWindowUpdate()],
]

/** How many pass in a row, at most `most`. */
function passing(guard: FloodGuard, take: Take, most: number): number {
  let passed = 0
  while (passed < most && take(guard) === undefined) passed++
  return passed
}

for (const [limit, code, take] of KINDS) {
  t.test(code, async (t) => {
    let now = 1_000
    const guard = new FloodGuard(() => now)
    const most = limit.burst + limit.perSecond + 10
    t.equal(passing(guard, take, most), limit.burst)
    t.equal(take(guard)?.code, code)
    for (const [, other, takeOther] of KINDS) if (other !== code) t.equal(takeOther(guard), undefined, `${other} has its own`)
    now += 1_000
    t.equal(passing(guard, take, most), Math.min(limit.burst, limit.perSecond), 'a second later')
    now += 1e9
    t.equal(passing(guard, take, most), limit.burst, 'never more than a burst')
  })
}

t.test('a stream pays for its priorities, DATA of the peer for window updates', async (t) => {
  const guard = new FloodGuard(() => 0)
  const priority: Take = (of) => of.onPriority()
  const update: Take = (of) => of.onWindowUpdate()
  passing(guard, priority, PRIORITY_FLOOD.burst)
  passing(guard, update, WINDOW_UPDATE_FLOOD.burst)
  guard.onStream()
  t.equal(passing(guard, priority, 1_000), PRIORITIES_PER_STREAM)
  guard.onPeerData(0)
  t.equal(passing(guard, update, 1_000), WINDOW_UPDATES_PER_DATA)
  // Go's reader gives 4,096 octets back at a time, on the stream and on the connection.
  guard.onPeerData(16_384)
  t.ok(passing(guard, update, 1_000) >= 8)
})
