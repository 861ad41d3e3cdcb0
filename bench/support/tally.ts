/**
 * Tally: what a run of a load generator has come to: how many operations were done, how fast, what failed and why.
 */

import { messageOf } from '../../src/shared/errors.ts'
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts'

export interface Outcome {
  readonly done: number
  readonly failed: number
  /** Failures by what was said of them, the ten most frequent. */
  readonly failures: Readonly<Record<string, number>>
  readonly seconds: number
  readonly latency: LatencySummary
  readonly counts: number[]
  readonly resumed: number
}

/** Counts what a run has come to. */
export class Tally {
  readonly #latency = new LatencyHistogram()
  readonly #failures = new Map<string, number>()
  readonly #started = performance.now()
  failed = 0
  resumed = 0

  succeeded(startedMs: number): void {
    this.#latency.record((performance.now() - startedMs) * 1000)
  }

  fail(error: unknown): void {
    this.failed++
    const reason = messageOf(error)
    if (this.#failures.size < 10 || this.#failures.has(reason)) this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1)
  }

  outcome(): Outcome {
    return {
      done: this.#latency.count,
      failed: this.failed,
      failures: Object.fromEntries(this.#failures),
      seconds: (performance.now() - this.#started) / 1000,
      latency: this.#latency.summary(),
      counts: [...this.#latency.counts],
      resumed: this.resumed,
    }
  }
}

/** Calls `once` `count` times, at most `concurrency` at a time. */
export async function parallel(concurrency: number, count: number, once: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await once(next++)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
}
