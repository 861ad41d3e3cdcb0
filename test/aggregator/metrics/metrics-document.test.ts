/** docs/metrics.md is what the table says; SOTH_WRITE_DOCS=1 writes it anew. */

import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { METRICS, type MetricSpec } from '../../../src/aggregator/metrics/metric-table.ts'
import { metricsDocument } from '../../../src/aggregator/metrics/metrics-document.ts'

/** From dist/test/aggregator/metrics. */
const DOCUMENT = new URL('../../../../docs/metrics.md', import.meta.url)

t.test('the document equals the table', (t) => {
  if (process.env['SOTH_WRITE_DOCS'] === '1') writeFileSync(DOCUMENT, metricsDocument())
  t.equal(readFileSync(DOCUMENT, 'utf8'), metricsDocument())
  t.end()
})

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
