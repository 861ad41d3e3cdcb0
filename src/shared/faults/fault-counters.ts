/**
 * FaultCounters: what the faults of all rules have come to, counted by all threads in one shared memory, which every start and
 * reload makes anew. Any thread.
 *
 *     0          8 │ 16                  │ 32
 *     f64 begin    │ slot 0              │ slot 1 …
 *     ms since the │ u32 candidates      │
 *     epoch        │ u32 injected        │
 *                  │ u32 active          │
 *                  │ (unused)            │
 */

import type { FaultSchedule, FaultTrigger } from './fault-trigger.ts'

const HEADER_BYTES = 16
const SLOT_WORDS = 4
const CANDIDATES = 0
const INJECTED = 1
const ACTIVE = 2
const WORD_BYTES = 4

/** The memory for `slots` faults whose schedules count from `nowMs` (since the epoch). */
export function allocateFaultCounters(slots: number, nowMs: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(HEADER_BYTES + slots * SLOT_WORDS * WORD_BYTES)
  new Float64Array(memory, 0, 1)[0] = nowMs
  return memory
}

export class FaultCounters {
  readonly #words: Uint32Array
  readonly #beginMs: number

  constructor(memory: SharedArrayBuffer) {
    this.#beginMs = new Float64Array(memory, 0, 1)[0] as number
    this.#words = new Uint32Array(memory, HEADER_BYTES)
  }

  /** Whether `schedule` has it happen at `nowMs`. */
  isDue(schedule: FaultSchedule, nowMs: number): boolean {
    const since = nowMs - this.#beginMs - schedule.start_ms
    if (since < 0) return false
    return (schedule.period_ms === undefined ? since : since % schedule.period_ms) < schedule.duration_ms
  }

  /** Counts a candidate: its number, from 0. */
  candidate(slot: number): number {
    return Atomics.add(this.#words, slot * SLOT_WORDS + CANDIDATES, 1)
  }

  /** Counts an injection, unless `times` of them have been, or `max_active` are: then nothing is counted. */
  begin(slot: number, { times, max_active: most }: Pick<FaultTrigger, 'times' | 'max_active'>): boolean {
    if (most !== undefined && !this.#addBelow(slot * SLOT_WORDS + ACTIVE, most)) return false
    if (times === undefined || this.#addBelow(slot * SLOT_WORDS + INJECTED, times)) return true
    if (most !== undefined) this.end(slot)
    return false
  }

  /** What `begin` has counted as active is over. */
  end(slot: number): void {
    Atomics.sub(this.#words, slot * SLOT_WORDS + ACTIVE, 1)
  }

  #addBelow(word: number, limit: number): boolean {
    const words = this.#words
    for (let seen = Atomics.load(words, word); seen < limit; ) {
      const found = Atomics.compareExchange(words, word, seen, seen + 1)
      if (found === seen) return true
      seen = found
    }
    return false
  }
}
