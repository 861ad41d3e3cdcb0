/** The table of metrics keeps the conventions of names, types and help. */

import t from 'tap'
import { METRICS, type MetricSpec } from '../../../src/aggregator/metrics/metric-table.ts'

t.test('names follow the convention', (t) => {
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    t.match(name, /^soth_mitm_[a-z_]+$/)
    t.equal(name.endsWith('_total'), spec.type === 'counter', `${name}: _total is for counters`)
    if (spec.type === 'histogram') t.match(name, /_(seconds|bytes)$/)
    const buckets = spec.buckets ?? []
    t.same(
      buckets,
      [...buckets].sort((a, b) => a - b),
    )
    t.match(spec.help, /^[A-Z0-9].*\.$/s, `${name}: help is a sentence`)
  }
  t.end()
})
