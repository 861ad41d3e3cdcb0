/**
 * DutyCycle: when the aggregator polls its rings. Aggregator thread.
 *
 *     records came ─▶ poll again in POLL_INTERVAL_MS ─▶ … ─▶ IDLE_POLLS_BEFORE_PARK empty polls ─▶ park on the doorbell
 *           ▲                                                                                          │ rung
 *           └──────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * While it is awake producers pay one load per record and nobody is woken; parked, it costs nothing at all.
 */

import { IDLE_POLLS_BEFORE_PARK, POLL_BEHIND_MS, POLL_INTERVAL_MS } from '../shared/limits/aggregator.ts'
import type { Doorbell } from '../shared/ring/doorbell.ts'

export class DutyCycle {
  readonly #poll: () => number
  readonly #isIdle: () => boolean
  readonly #doorbell: Doorbell
  #emptyPolls = 0
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
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #turn(): void {
    if (this.#stopped) return
    const startedMs = performance.now()
    this.#emptyPolls = this.#poll() > 0 ? 0 : this.#emptyPolls + 1
    if (this.#emptyPolls >= IDLE_POLLS_BEFORE_PARK) void this.#park()
    // Fallen behind: only what else waits in the event loop goes first.
    else if (performance.now() - startedMs > POLL_BEHIND_MS) setImmediate(() => this.#turn())
    else this.#timer = setTimeout(() => this.#turn(), POLL_INTERVAL_MS)
  }

  async #park(): Promise<void> {
    await this.#doorbell.park(this.#isIdle)
    this.#emptyPolls = 0
    this.#turn()
  }
}
