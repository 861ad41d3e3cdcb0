/**
 * AlteredHalves: the halves of streams that are altered, of one connection: which of them wait, until when, and for how much. Nearly
 * always empty. Worker thread.
 */

import { HELD_STREAM_BYTES } from '../../../shared/limits/faults.ts'
import type { Side } from '../../../shared/side.ts'
import type { EditedHalf } from './http2-stream.ts'

export class AlteredHalves {
  readonly #halves = new Set<EditedHalf>()

  add(half: EditedHalf): void {
    half.stream.altered[half.side] = half
    this.#halves.add(half)
  }

  /** The stream is over: nothing of it is sent any more. */
  forget(half: EditedHalf): void {
    half.stream.altered[half.side] = undefined
    half.outlet.cancel()
    this.#halves.delete(half)
  }

  /** When `wake` has something to do; Infinity: never. */
  get wakeAt(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const { outlet } of this.#halves) earliest = Math.min(earliest, outlet.wakeAt)
    return earliest
  }

  /** Sends what is due, and what `side` has got room for. */
  drain(side?: Side): void {
    for (const half of this.#halves) if (side === undefined || half.side === side) half.drain()
  }

  /** Something that `side` has sent has not gone on. */
  isHeld(side: Side): boolean {
    for (const half of this.#halves) if (half.side === side && half.outlet.isHeld) return true
    return false
  }

  /** So much of what `side` has sent is held that no more is taken. */
  isFull(side: Side): boolean {
    let held = 0
    for (const half of this.#halves) if (half.side === side) held += half.outlet.heldBytes
    return held >= HELD_STREAM_BYTES
  }
}
