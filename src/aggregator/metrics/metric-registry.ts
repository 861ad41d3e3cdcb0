/**
 * MetricRegistry: prom-client's registry over our own accumulators. Aggregator thread.
 *
 * A prom-client increment with labels costs about a microsecond (an object, its keys sorted and joined into a string), as
 * much as all else that is done with a record. So nothing is incremented there: each metric of the table has a source that is
 * asked for its samples at the scrape, and prom-client does what it is good at, the exposition format and the metrics of the
 * process.
 */

import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import { METRICS, type MetricName, type MetricSpec } from './metric-table.ts'
import type { Sample } from './sample.ts'

/** One source per metric: a metric without one does not compile, nor does a source without a metric. */
export type MetricSources = Readonly<Record<MetricName, () => readonly Sample[]>>

/** prom-client samples the event loop of this thread every 10 ms unless told otherwise: a wake-up that idle machines notice. */
const EVENT_LOOP_RESOLUTION_MS = 100

/** Gauges that are called totals, which `promtool check metrics` refuses. The same by kind is in `nodejs_active_resources` and its like. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'] as const

export class MetricRegistry {
  readonly #registry = new Registry()

  constructor(sources: MetricSources, { processMetrics = true } = {}) {
    for (const name of Object.keys(METRICS) as MetricName[]) this.#registry.registerMetric(sourced(name, METRICS[name], sources[name]))
    if (!processMetrics) return
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition, text format 0.0.4. */
  expose(): Promise<string> {
    return this.#registry.metrics()
  }
}

/** A metric in the shape that prom-client's registry reads: `get` is all that it calls on one at a scrape. */
function sourced(name: MetricName, spec: MetricSpec, source: () => readonly Sample[]): Metric {
  const metric = {
    name,
    help: spec.help,
    type: spec.type,
    aggregator: 'sum',
    get: () => Promise.resolve({ name, help: spec.help, type: spec.type, aggregator: 'sum', values: source() }),
    reset: () => undefined,
  }
  return metric as unknown as Metric
}
