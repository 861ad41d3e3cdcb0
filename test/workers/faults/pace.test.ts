/** Pace: sizes and times of what a delayed direction sends, by arithmetic. */

import t from 'tap'
import { pacedBy } from '../../support/armed-faults.ts'

t.test('nothing delays: everything at once', async (t) => {
  const pace = pacedBy([{ kind: 'reset', after_ms: 5 }])
  t.equal(pace.pieceBytes(70_000), 70_000)
  t.equal(pace.dueAt(70_000, 12), 12)
  t.equal(pace.endDueAt(15), 15)
})

t.test('latency: later, and in order even where a later chunk is delayed less', async (t) => {
  const fixed = pacedBy([{ kind: 'latency', ms: 40 }])
  t.equal(fixed.dueAt(1, 100 + fixed.delay()), 140)
  t.equal(fixed.endDueAt(101), 141)
  const drawn = pacedBy([
    { kind: 'latency', distribution: 'uniform', min_ms: 0, max_ms: 100 },
    { kind: 'jitter', amplitude_ms: 20 },
  ])
  const dues = Array.from({ length: 200 }, (_, n) => drawn.dueAt(10, n + drawn.delay()))
  t.same(
    dues,
    dues.toSorted((a, b) => a - b),
  )
  t.ok(
    dues.every((due, n) => due >= n && due <= n + 120 + 120),
    'each within its own and an earlier one’s delay',
  )
})

t.test('bandwidth: a piece goes when its last octet could have come; idle time is not saved up', async (t) => {
  const pace = pacedBy([{ kind: 'bandwidth', bytes_per_second: 10_000 }])
  t.equal(pace.pieceBytes(5_000), 500, 'twenty pieces a second')
  t.equal(pace.dueAt(500, 0), 50)
  t.equal(pace.dueAt(500, 0), 100)
  t.equal(pace.dueAt(100, 1_000), 1_010)
  t.equal(pacedBy([{ kind: 'bandwidth', bytes_per_second: 1 }]).pieceBytes(5), 1)
})

t.test('slices: their sizes within the variation, their gaps between them', async (t) => {
  const pace = pacedBy([{ kind: 'slice', bytes: 100, variation: 20, gap_ms: 7 }])
  const sizes = Array.from({ length: 400 }, () => pace.pieceBytes(1_000))
  t.ok(sizes.every((size) => size >= 80 && size <= 120))
  t.ok(new Set(sizes).size > 30, 'varied')
  t.equal(pace.pieceBytes(3), 3)
  const send = (readyMs: number, lateMs = 0) => {
    const due = pace.dueAt(100, readyMs)
    pace.onSent(due + lateMs)
    return due
  }
  t.same([send(0), send(0), send(30), send(30, 5), send(30)], [0, 7, 30, 37, 49], 'a gap begins when a piece has really gone')
})

t.test('a slow close waits behind the last octet', async (t) => {
  const pace = pacedBy([
    { kind: 'latency', ms: 40 },
    { kind: 'slow_close', ms: 500 },
  ])
  t.equal(pace.dueAt(10, 0 + pace.delay()), 40)
  t.equal(pace.endDueAt(1), 541)
})
