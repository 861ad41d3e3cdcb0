/**
 * The verdict of a gate: what few and many ratios say, and how seldom it is wrong where the truth is known.
 */

import t from 'tap'
import { verdict } from '../../perf-gates/verdict.ts'

t.test('too few ratios say nothing', async (t) => {
  for (let count = 1; count < 5; count++) t.equal(verdict(Array(count).fill(1), 2).outcome, 'open', `${count}`)
})

t.test('five that agree are enough', async (t) => {
  t.same(verdict([1, 1.1, 1.2, 1.3, 1.4], 1.5), { outcome: 'within', median: 1.2, low: 1, high: 1.4 })
  t.equal(verdict([1.6, 1.7, 1.8, 1.9, 2], 1.5).outcome, 'above')
  t.equal(verdict([1, 1.1, 1.2, 1.3, 1.6], 1.5).outcome, 'open')
})

t.test('more ratios allow outliers', async (t) => {
  t.equal(verdict([9, 1, 1, 1, 1, 1, 1, 1, 0.1], 1.5).outcome, 'within')
  t.equal(verdict([0.1, 2, 2, 2, 2, 2, 2, 2, 9], 1.5).outcome, 'above')
})

t.test('noise of 12 % and a margin of 15 %: what is sound passes, 30 % more does not', async (t) => {
  let state = 1
  // A seeded generator, so that the test says the same every time.
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
  const noisy = (centre: number) => centre * (1 + 0.12 * (random() + random() + random() - 1.5))
  const breaks = (centre: number) => {
    const ratios: number[] = []
    do ratios.push(noisy(centre))
    while (ratios.length < 5 || (ratios.length < 13 && verdict(ratios, 1.15).outcome === 'open'))
    return verdict(ratios, 1.15).median > 1.15
  }
  const broken = (centre: number) => Array.from({ length: 1_000 }, () => breaks(centre)).filter(Boolean).length
  t.ok(broken(1) <= 2, 'sound')
  t.ok(broken(1.3) >= 998, 'slowed')
})
