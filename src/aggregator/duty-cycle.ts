/**
 * DutyCycle: when the aggregator polls its rings. Aggregator thread.
 *
 *     records came ─▶ poll again in 12 to 48 ms ─▶ … ─▶ IDLE_POLLS_BEFORE_PARK empty polls ─▶ park on the doorbell
 *           ▲                    │ alarm: a ring is filling                                       │ rung
 *           ├────────────────────┘                                                                │
 *           └─────────────────────────────────────────────────────────────────────────────────────┘
 *
 * While it is awake producers pay one load per record and nobody is woken; parked, it costs nothing at all. The pause is
 * longer while polls find few records each, for which waking up would be most of the cost.
 */

import {
  FEW_RECORDS,
  IDLE_POLLS_BEFORE_PARK,
  MANY_RECORDS,
  POLL_BEHIND_MS,
  POLL_INTERVAL_MAX_MS,
  POLL_INTERVAL_MS,
} from '../shared/limits/aggregator.ts'
import type { Doorbell } from '../shared/ring/doorbell.ts'

export class DutyCycle {
  readonly #poll: () => number
  readonly #isIdle: () => boolean
  readonly #doorbell: Doorbell
  #emptyPolls = 0
  #pauseMs = POLL_INTERVAL_MS
  #timer: NodeJS.Timeout | undefined = undefined
  #stopped = false

  /** `poll` returns how many records it took; `isIdle` says whether the rings are empty. */
  constructor(poll: () => number, isIdle: () => boolean, doorbell: Doorbell) {
    this.#poll = poll
    this.#isIdle = isIdle
    this.#doorbell = doorbell
  }

  start(): void {
    this.#turn()
    if (this.#doorbell.canAlarm) void this.#heedAlarms()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #turn(): void {
    this.#timer = undefined
    if (this.#stopped) return
    const startedMs = performance.now()
    const records = this.#poll()
    this.#emptyPolls = records > 0 ? 0 : this.#emptyPolls + 1
    this.#pauseMs = this.#pauseAfter(records)
    if (this.#emptyPolls >= IDLE_POLLS_BEFORE_PARK) void this.#park()
    // Fallen behind: only what else waits in the event loop goes first.
    else if (performance.now() - startedMs > POLL_BEHIND_MS) setImmediate(() => this.#turn())
    else this.#timer = setTimeout(() => this.#turn(), this.#pauseMs)
  }

  #pauseAfter(records: number): number {
    if (records === 0 || !this.#doorbell.canAlarm) return POLL_INTERVAL_MS
    if (records < FEW_RECORDS) return Math.min(this.#pauseMs * 2, POLL_INTERVAL_MAX_MS)
    return records > MANY_RECORDS ? Math.max(this.#pauseMs / 2, POLL_INTERVAL_MS) : this.#pauseMs
  }

  /** Cuts a pause short. A turn that is due, or the doorbell, needs no alarm. */
  async #heedAlarms(): Promise<void> {
    while (!this.#stopped) {
      await this.#doorbell.alarmed()
      if (this.#timer === undefined) continue
      clearTimeout(this.#timer)
      this.#turn()
    }
  }

  async #park(): Promise<void> {
    await this.#doorbell.park(this.#isIdle)
    this.#emptyPolls = 0
    this.#turn()
  }
}
