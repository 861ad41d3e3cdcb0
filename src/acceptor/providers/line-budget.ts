/**
 * LineBudget: how many lines a provider may still send: a token bucket. Pure: `now` comes in. Main thread.
 */

const MS_PER_SECOND = 1_000

export class LineBudget {
  readonly #perMs: number
  readonly #most: number
  #left: number
  #asOf: number

  constructor(perSecond: number, atOnce: number, nowMs: number) {
    this.#perMs = perSecond / MS_PER_SECOND
    this.#most = atOnce
    this.#left = atOnce
    this.#asOf = nowMs
  }

  /** Takes `lines`, which have been read already; returns how long to read no more, milliseconds, so that the rate holds. */
  spend(lines: number, nowMs: number): number {
    this.#left = Math.min(this.#most, this.#left + (nowMs - this.#asOf) * this.#perMs) - lines
    this.#asOf = nowMs
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left / this.#perMs)
  }
}
