/**
 * What a series of pairwise ratios says about a budget. No distribution is assumed: the interval is made of order statistics, and
 * by the sign test it holds the true median with at least 93 %.
 *
 *     lowest … k-th lowest ──── median ──── k-th highest … highest
 *              └────────── the median is in here ──────────┘
 */

import { median } from '../bench/support/statistics.ts'

export interface Verdict {
  readonly outcome: 'within' | 'above' | 'open'
  readonly median: number
  readonly low: number
  readonly high: number
}

/** A chance of 7 % at most that the median is outside, both sides together. */
const DOUBT = 0.07

export function verdict(ratios: readonly number[], budget: number): Verdict {
  const sorted = ratios.toSorted((a, b) => a - b)
  const rank = trimmedRank(sorted.length)
  const low = sorted[rank] ?? Number.NEGATIVE_INFINITY
  const high = sorted[sorted.length - 1 - rank] ?? Number.POSITIVE_INFINITY
  const outcome = rank < 0 ? 'open' : high <= budget ? 'within' : low > budget ? 'above' : 'open'
  return { outcome, median: median(ratios), low, high }
}

/** How many values may be left out at either end; -1 where even all of them are too few to say anything. */
function trimmedRank(count: number): number {
  let tail = 0.5 ** count
  let term = tail
  let rank = -1
  while (2 * tail <= DOUBT && rank < count) {
    rank++
    term = (term * (count - rank)) / (rank + 1)
    tail += term
  }
  return rank
}
