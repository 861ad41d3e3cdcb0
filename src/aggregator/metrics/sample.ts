/**
 * Sample: one line of the exposition, in the form in which prom-client's registry takes it. Aggregator thread.
 */

export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** The line's own name, where it differs from the metric's: `_bucket`, `_sum`, `_count` of a histogram. */
  readonly metricName?: string
}
