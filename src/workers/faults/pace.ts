/**
 * Pace: when octets of one direction may go: the faults that delay, worked out over sizes and times alone. Pure: the clock comes in.
 * Worker thread.
 *
 *     came ─▶ + latency, jitter ─▶ not before what came earlier ─▶ bandwidth ─▶ gap between slices
 *
 * Delays are drawn once per chunk as it is read, so that the pieces of one chunk stay together. The bandwidth lets a piece go when
 * its last octet could have come.
 */

import { drawDelay } from '../../shared/faults/delay-distribution.ts'
import { BANDWIDTH_PIECES_PER_SECOND } from '../../shared/limits/relay-faults.ts'
import type { ArmedFault } from './armed-fault.ts'

const MS_PER_S = 1_000

export class Pace {
  readonly #faults: readonly ArmedFault[]
  /** Octets per ms. */
  #rate = Number.POSITIVE_INFINITY
  #closeDelayMs = 0
  #last = 0
  /** When the last piece went, which may have been late. */
  #sentAt = Number.NEGATIVE_INFINITY

  /** `faults`: all that act on this direction; those that do not delay are passed over. */
  constructor(faults: readonly ArmedFault[]) {
    this.#faults = faults
    for (const { options } of faults) {
      if (options.kind === 'bandwidth') this.#rate = Math.min(this.#rate, options.bytes_per_second / MS_PER_S)
      else if (options.kind === 'slow_close') this.#closeDelayMs += options.ms
    }
  }

  /** The delay of a chunk that is read now, ms. */
  delay(): number {
    let delay = 0
    for (const { options, dice } of this.#faults) {
      if (options.kind === 'latency') delay += drawDelay(options, dice)
      else if (options.kind === 'jitter') delay += options.amplitude_ms * dice.next()
    }
    return delay
  }

  /** Octets of the next piece of `left` that are still to go: at least one. */
  pieceBytes(left: number): number {
    let bytes = Math.min(left, Math.max(1, Math.ceil((this.#rate * MS_PER_S) / BANDWIDTH_PIECES_PER_SECOND)))
    for (const { options, dice } of this.#faults) {
      if (options.kind !== 'slice') continue
      const variation = options.variation === 0 ? 0 : dice.integer(2 * options.variation + 1) - options.variation
      bytes = Math.min(bytes, options.bytes + variation)
    }
    return bytes
  }

  /** When a piece of `bytes` octets may go whose chunk's own delay ends at `readyMs`. */
  dueAt(bytes: number, readyMs: number): number {
    let due = Math.max(readyMs, this.#last)
    if (bytes > 0) due += bytes / this.#rate
    for (const { options } of this.#faults) if (options.kind === 'slice' && bytes > 0) due = Math.max(due, this.#sentAt + options.gap_ms)
    this.#last = due
    return due
  }

  /** A piece has gone: the gap behind it is a gap whatever its delay was, while a bandwidth makes up for it. */
  onSent(nowMs: number): void {
    this.#sentAt = nowMs
  }

  /** When the end of the direction may go that comes now. */
  endDueAt(nowMs: number): number {
    return this.dueAt(0, nowMs + this.delay()) + this.#closeDelayMs
  }
}
