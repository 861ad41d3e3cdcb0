/**
 * Speaker: says something on many streams in turn, evenly: of n streams with a period of p one speaks every p / n, never all at once.
 * What is due is said as soon as it can be, whatever became of what was said before (no coordinated omission).
 */

import { setTimeout as sleep } from 'node:timers/promises'

export class Speaker {
  readonly #streams = new Set<() => void>()
  readonly #periodMs: number
  readonly #endless: boolean
  #turns: Iterator<() => void>
  #speaking = false

  /** `endless`: speaks as long as there are streams; else only when asked. */
  constructor(periodMs: number, endless: boolean) {
    this.#periodMs = periodMs
    this.#endless = endless
    this.#turns = this.#streams.values()
  }

  /** Adds a stream; the returned function takes it out. */
  add(speak: () => void): () => void {
    this.#streams.add(speak)
    if (this.#endless && !this.#speaking) void this.#speak(Number.POSITIVE_INFINITY)
    return () => this.#streams.delete(speak)
  }

  /** On each stream once per period, so many periods long. Says how often something was said. */
  speak(rounds: number): Promise<number> {
    return this.#speak(rounds * this.#streams.size)
  }

  async #speak(times: number): Promise<number> {
    this.#speaking = true
    let due = performance.now()
    let said = 0
    while (said < times && this.#streams.size > 0) {
      due += this.#periodMs / this.#streams.size
      const ahead = due - performance.now()
      if (ahead > 0) await sleep(ahead)
      this.#next()?.()
      said++
    }
    this.#speaking = false
    return said
  }

  /** The stream whose turn it is; undefined where all have gone meanwhile. */
  #next(): (() => void) | undefined {
    const turn = this.#turns.next()
    if (turn.done !== true) return turn.value
    this.#turns = this.#streams.values()
    return this.#turns.next().value
  }
}
