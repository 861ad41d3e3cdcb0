/** HistogramGrid: bounds are inclusive, buckets cumulative, the last +Inf; what is no measurement is not counted. */

import t from 'tap'
import { HistogramGrid } from '../../../src/aggregator/metrics/histogram-grid.ts'
import { METRICS } from '../../../src/aggregator/metrics/metric-table.ts'

const NAME = 'soth_mitm_tls_handshake_duration_seconds'

t.test('one series', (t) => {
  const grid = new HistogramGrid(NAME, { side: ['client', 'upstream'], outcome: ['succeeded', 'eof'] })
  for (const value of [0, 0.001, 0.0011, 10, 11]) grid.observe(value, 1, 1)
  for (const value of [Number.NaN, -1]) grid.observe(value, 1, 1)
  const samples = grid.samples()
  t.equal(samples.length, (METRICS[NAME].buckets?.length ?? 0) + 1 + 2)
  const bucket = (le: unknown) => samples.find((sample) => sample.metricName?.endsWith('_bucket') && sample.labels['le'] === le)?.value
  t.equal(bucket(0.001), 2, 'a value on the bound is within it')
  t.equal(bucket(0.0025), 3)
  t.equal(bucket(10), 4)
  t.equal(bucket('+Inf'), 5)
  t.match(samples.at(-2), { metricName: `${NAME}_sum`, labels: { side: 'upstream', outcome: 'eof' } })
  t.ok(Math.abs((samples.at(-2)?.value ?? 0) - 21.0021) < 1e-9)
  t.match(samples.at(-1), { metricName: `${NAME}_count`, value: 5 })
  t.end()
})

t.test('a series never observed is left out', (t) => {
  t.same(new HistogramGrid(NAME, { side: ['client'], outcome: ['eof'] }).samples(), [])
  t.end()
})
