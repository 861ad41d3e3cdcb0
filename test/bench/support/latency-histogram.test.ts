/**
 * LatencyHistogram against sorted values: no quantile is off by more than a slot, whatever the values, and merging is counting.
 */

import * as fc from 'fast-check'
import t from 'tap'
import { LatencyHistogram } from '../../../bench/support/latency-histogram.ts'

const WORST_ERROR = 1 / 32

t.test('small values are exact', async (t) => {
  const histogram = new LatencyHistogram()
  for (let value = 0; value < 64; value++) histogram.record(value)
  t.equal(histogram.quantile(0.5), 31)
  t.equal(histogram.quantile(1), 63)
  t.equal(histogram.count, 64)
})

t.test('an empty one', async (t) => {
  t.same(new LatencyHistogram().summary(), { count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
})

t.test('every power of two and its neighbours', async (t) => {
  for (let bit = 0; bit < 36; bit++) {
    for (const value of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]) {
      const histogram = new LatencyHistogram()
      histogram.record(value)
      histogram.record(2 ** 36)
      t.ok(Math.abs(histogram.quantile(0.5) - value) <= Math.max(0, value * WORST_ERROR), String(value))
    }
  }
})

t.test('property: quantiles are those of the sorted values, within a slot', async (t) => {
  const values = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
      const histogram = new LatencyHistogram()
      for (const value of list) histogram.record(value)
      const sorted = list.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(share * list.length)) - 1] ?? 0
      const found = histogram.quantile(share)
      return found >= exact && found <= exact * (1 + WORST_ERROR) + 1
    }),
  )
  t.pass('1 property')
})

t.test('property: merged is as if recorded in one', async (t) => {
  const values = fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 50 })
  fc.assert(
    fc.property(values, values, (left, right) => {
      const [a, b, both] = [new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram()]
      for (const value of left) a.record(value)
      for (const value of right) b.record(value)
      for (const value of [...left, ...right]) both.record(value)
      a.merge(b.counts, b.max)
      return JSON.stringify(a.summary()) === JSON.stringify(both.summary())
    }),
  )
  t.pass('1 property')
})
