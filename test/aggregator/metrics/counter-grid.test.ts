/** CounterGrid: every cell of one, two and three labels is its own. */

import t from 'tap'
import { CounterGrid } from '../../../src/aggregator/metrics/counter-grid.ts'

t.test('each position is one cell', (t) => {
  const grid = new CounterGrid({ a: ['a0', 'a1'], b: ['b0', 'b1', 'b2'], c: ['c0', 'c1'] })
  let amount = 0
  for (let a = 0; a < 2; a++) for (let b = 0; b < 3; b++) for (let c = 0; c < 2; c++) grid.add(a, b, c, ++amount)
  t.same(
    grid.samples(),
    Array.from({ length: 12 }, (_, n) => ({
      labels: { a: `a${Math.floor(n / 6)}`, b: `b${Math.floor(n / 2) % 3}`, c: `c${n % 2}` },
      value: n + 1,
    })),
  )
  t.end()
})

t.test('cells never incremented are left out, unless zeros are asked for', (t) => {
  const sparse = new CounterGrid({ a: ['x', 'y'] })
  sparse.add(1)
  t.same(sparse.samples(), [{ labels: { a: 'y' }, value: 1 }])
  t.same(new CounterGrid({ a: ['x', 'y'] }, true).samples(), [
    { labels: { a: 'x' }, value: 0 },
    { labels: { a: 'y' }, value: 0 },
  ])
  t.end()
})
