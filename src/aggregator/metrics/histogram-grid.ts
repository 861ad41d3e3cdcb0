/**
 * HistogramGrid: histograms over up to two closed label lists, as arrays of numbers.
 *
 * Counts are kept per bucket and summed up (Prometheus buckets are cumulative) at the scrape. Aggregator thread.
 */

import type { MetricName } from './metric-table.ts'
import { METRICS, type MetricSpec } from './metric-table.ts'
import type { Sample } from './sample.ts'

export class HistogramGrid {
  readonly #name: MetricName
  readonly #labels: readonly string[]
  readonly #values: readonly (readonly string[])[]
  readonly #bounds: readonly number[]
  /** Per series: one count per bound, then the count beyond the last bound. */
  readonly #counts: Float64Array
  readonly #sums: Float64Array
  readonly #stride: number

  constructor(name: MetricName, labels: Readonly<Record<string, readonly string[]>>) {
    const spec: MetricSpec = METRICS[name]
    this.#name = name
    this.#labels = Object.keys(labels)
    this.#values = Object.values(labels)
    this.#bounds = spec.buckets ?? []
    this.#stride = this.#values[1]?.length ?? 1
    const series = (this.#values[0]?.length ?? 1) * this.#stride
    this.#counts = new Float64Array(series * (this.#bounds.length + 1))
    this.#sums = new Float64Array(series)
  }

  /** Counts `value`, in the metric's unit, in the series at these positions in the label lists. Not a number: not counted. */
  observe(value: number, first: number, second = 0): void {
    if (!(value >= 0)) return
    const series = first * this.#stride + second
    let bucket = 0
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++
    const cell = series * (this.#bounds.length + 1) + bucket
    this.#counts[cell] = (this.#counts[cell] as number) + 1
    this.#sums[series] = (this.#sums[series] as number) + value
  }

  samples(): Sample[] {
    const samples: Sample[] = []
    for (let series = 0; series < this.#sums.length; series++) this.#addSeries(series, samples)
    return samples
  }

  /** A series that was never observed is left out: it would be a dozen lines of zeros. */
  #addSeries(series: number, samples: Sample[]): void {
    const width = this.#bounds.length + 1
    const counts = this.#counts.subarray(series * width, (series + 1) * width)
    const total = counts.reduce((sum, count) => sum + count, 0)
    if (total === 0) return
    const labels = this.#labelsOf(series)
    let cumulative = 0
    for (const [bucket, count] of counts.entries()) {
      cumulative += count
      samples.push({ labels: { ...labels, le: this.#bounds[bucket] ?? '+Inf' }, value: cumulative, metricName: `${this.#name}_bucket` })
    }
    samples.push({ labels, value: this.#sums[series] as number, metricName: `${this.#name}_sum` })
    samples.push({ labels, value: total, metricName: `${this.#name}_count` })
  }

  #labelsOf(series: number): Record<string, string> {
    const positions = [Math.floor(series / this.#stride), series % this.#stride]
    const labels: Record<string, string> = {}
    for (const [label, name] of this.#labels.entries()) labels[name] = this.#values[label]?.[positions[label] as number] ?? ''
    return labels
  }
}
