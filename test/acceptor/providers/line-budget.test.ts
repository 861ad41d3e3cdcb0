/** LineBudget: a burst is free, then the rate holds. */

import t from 'tap'
import { LineBudget } from '../../../src/acceptor/providers/line-budget.ts'

t.test('a burst, then so many a second', async (t) => {
  const budget = new LineBudget(1_000, 50, 0)
  t.equal(budget.spend(50, 0), 0)
  t.equal(budget.spend(10, 0), 10)
  t.equal(budget.spend(0, 10), 0)
  t.equal(budget.spend(50, 1_000_000), 0, 'time fills it no further than the burst')
  t.equal(budget.spend(5_000, 1_000_000), 5_000)
})

t.test('over a long time the rate is exact, whatever is asked', async (t) => {
  const budget = new LineBudget(100, 10, 0)
  let now = 0
  let sent = 0
  for (let n = 0; n < 500; n++) {
    const lines = 1 + ((n * 7) % 23)
    sent += lines
    now += budget.spend(lines, now)
  }
  t.ok(sent <= 10 + now * 0.1 + 1e-6, `${sent} lines in ${now} ms`)
})
