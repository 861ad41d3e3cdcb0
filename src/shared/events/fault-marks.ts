/**
 * FaultMarks: what of a flow a fault was injected into: all of it, or some of its exchanges. The events of these say so
 * (`faulted`), so that injected failures are never taken for real ones. Acceptor or worker thread.
 */

import { NO_STREAM } from './record/record-descriptor.ts'

export class FaultMarks {
  #isFlow = false
  readonly #streams = new Set<number>()
  #lastMs = 0

  /** `stream`: of an exchange; NO_STREAM: of the whole flow. */
  add(stream: number): void {
    if (stream === NO_STREAM) this.#isFlow = true
    else this.#streams.add(stream)
  }

  covers(stream: number): boolean {
    return this.#isFlow || this.#streams.has(stream)
  }

  /**
   * The time of an event that is told now: `timeMs`, but never before the one told before it. A fault may act by a timer of its own,
   * when the session's clock, which is read with its sockets, stands at an earlier time.
   */
  notBefore(timeMs: number): number {
    this.#lastMs = Math.max(this.#lastMs, timeMs)
    return this.#lastMs
  }

  /** The exchange has had its last event. */
  forget(stream: number): void {
    this.#streams.delete(stream)
  }
}
