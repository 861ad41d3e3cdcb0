/**
 * CodeCounter: counts by a label whose values are codes of ours that reach the aggregator as strings.
 *
 * The codes come from closed registries, but from other threads: the number of distinct ones is bounded here all the same,
 * and what comes beyond it counts as `other`. Aggregator thread.
 */

import { LABEL_CODES } from '../../shared/limits/aggregator.ts'
import type { Sample } from './sample.ts'

const OTHER = 'other'

export class CodeCounter {
  readonly #label: string
  readonly #counts = new Map<string, number>()

  constructor(label: string) {
    this.#label = label
  }

  add(code: string, amount = 1): void {
    const known = this.#counts.has(code) || this.#counts.size < LABEL_CODES
    const key = known ? code : OTHER
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount)
  }

  samples(): Sample[] {
    return Array.from(this.#counts, ([code, value]) => ({ labels: { [this.#label]: code }, value }))
  }
}
