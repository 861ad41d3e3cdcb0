/**
 * LatencyHistogram: log-linear counts of durations, after HdrHistogram: exact below 64 µs, then 32 slots per power of two, so that
 * no value is off by more than 3.2 %. Constant memory, mergeable across processes by `counts`.
 *
 *     value 0 … 63            slot = value
 *     value 2^k … 2^(k+1)-1   slot = 32 × (k - 5) + (value >> (k - 5))       k ≥ 6: 32 slots of 2^(k-5) µs each
 *
 * Paced loads record from the moment at which a request was due, not at which it was sent: a stall then counts for everything
 * that it has delayed (no coordinated omission).
 */

const SLOTS_PER_OCTAVE_BITS = 5
const SLOTS_PER_OCTAVE = 1 << SLOTS_PER_OCTAVE_BITS
/** 2^36 µs are 19 hours: more than any bounded run. */
const MAX_BITS = 36
const SLOTS = SLOTS_PER_OCTAVE * (MAX_BITS - SLOTS_PER_OCTAVE_BITS + 1)
const MAX_VALUE = 2 ** MAX_BITS - 1

export interface LatencySummary {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export class LatencyHistogram {
  readonly counts = new Float64Array(SLOTS)
  count = 0
  max = 0

  /** Adds one duration in microseconds. */
  record(micros: number): void {
    const value = Math.min(MAX_VALUE, Math.max(0, Math.round(micros)))
    const slot = slotOf(value)
    this.counts[slot] = (this.counts[slot] ?? 0) + 1
    this.count++
    if (value > this.max) this.max = value
  }

  /** Adds what another process has counted. */
  merge(counts: ArrayLike<number>, max: number): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      const more = counts[slot] ?? 0
      this.counts[slot] = (this.counts[slot] ?? 0) + more
      this.count += more
    }
    if (max > this.max) this.max = max
  }

  /** The value that `share` of all durations do not exceed, in microseconds; 0 where there are none. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.count))
    let seen = 0
    for (let slot = 0; slot < SLOTS; slot++) {
      seen += this.counts[slot] ?? 0
      if (seen >= wanted) return Math.min(highestOf(slot), this.max)
    }
    return this.max
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.max,
    }
  }
}

function slotOf(value: number): number {
  if (value < 2 * SLOTS_PER_OCTAVE) return value
  const shift = Math.floor(Math.log2(value)) - SLOTS_PER_OCTAVE_BITS
  return SLOTS_PER_OCTAVE * shift + Math.floor(value / 2 ** shift)
}

/** The highest value that is counted in `slot`. */
function highestOf(slot: number): number {
  if (slot < 2 * SLOTS_PER_OCTAVE) return slot
  const shift = (slot >> SLOTS_PER_OCTAVE_BITS) - 1
  return (slot - SLOTS_PER_OCTAVE * shift + 1) * 2 ** shift - 1
}

/** `p50 0.31 ms, p99 1.2 ms, …` */
export function latencyText({ count, p50, p90, p99, p999, max }: LatencySummary): string {
  const ms = (micros: number) => `${(micros / 1000).toFixed(2)} ms`
  return `p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}, max ${ms(max)} of ${count}`
}
