/**
 * metricsDocument: `docs/metrics.md`, made from the table of metrics.
 */

import { METRICS, type MetricSpec } from '../../src/aggregator/metrics/metric-table.ts'

const PREFACE = `# Metrics

\`GET /metrics\` on the admin server, Prometheus text format 0.0.4. This page is made from
\`src/aggregator/metrics/metric-table.ts\` and kept equal to it by a test (\`SOTH_WRITE_DOCS=1 npm test\` writes it anew).

Requests, exchanges and flows are counted from their terminal events, which have reserved room in the rings: these metrics stay
exact where ordinary events are dropped. A scrape takes what lies in the rings first, so it is never behind what has happened.

\`host\` has at most \`limits.metric_hosts\` values and then \`other\`. Every handshake is counted in the one series that its host
has at that moment and is never moved, so each series only grows while it exists; a host that has made way for a busier one
and comes back starts from 0, as after a restart.

Beside these come the process metrics of prom-client: \`process_*\` are of the whole process, \`nodejs_*\` of the aggregator's
thread (the workers' event loops and heaps are in \`soth_mitm_worker_*\`).
`

export function metricsDocument(): string {
  const rows = Object.entries<MetricSpec>(METRICS).map(([name, spec]) => {
    const labels = spec.labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${spec.type} | ${labels} | ${spec.help}${bucketText(spec)} |`
  })
  return `${PREFACE}\n| name | type | labels | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function bucketText(spec: MetricSpec): string {
  return spec.buckets === undefined ? '' : ` Buckets: ${spec.buckets.join(', ')}.`
}
