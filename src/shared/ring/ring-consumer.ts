/**
 * RingConsumer: the reading end of a ring. One per ring.
 *
 * Whatever lies between head and tail is complete (the tail is published last), so a batch costs one atomic load, plain
 * reads, and one atomic store of the head that gives the room back. Aggregator thread.
 */

import { RELEASE_DIVISOR } from '../limits/ring.ts'
import {
  CONTROL_BYTES,
  DROPS_OFFSET,
  HEAD_OFFSET,
  PADDING_TYPE,
  RECORD_ALIGNMENT,
  RECORD_LENGTH_OFFSET,
  RECORD_TYPE_OFFSET,
  TAIL_OFFSET,
} from './ring-descriptor.ts'
import { ringCapacity } from './ring-memory.ts'

export interface RecordHandler {
  /**
   * A record of ring `ring`: its type, and its range in that ring's memory, header included. Valid during the call only: the
   * room goes back to the producer afterwards.
   */
  onRecord(ring: number, type: number, start: number, end: number): void
}

export class RingConsumer {
  readonly memory: SharedArrayBuffer
  /** The ring's number: 0 for the acceptor's, 1…N for the workers'. */
  readonly number: number
  readonly capacity: number
  readonly #words: Int32Array
  #head: number

  constructor(memory: SharedArrayBuffer, number: number) {
    this.memory = memory
    this.number = number
    this.capacity = ringCapacity(memory)
    this.#words = new Int32Array(memory)
    this.#head = Atomics.load(this.#words, HEAD_OFFSET >> 2)
  }

  /** The position behind the last record published so far. */
  snapshotTail(): number {
    return Atomics.load(this.#words, TAIL_OFFSET >> 2)
  }

  /** Octets between head and tail. */
  get fill(): number {
    return (this.snapshotTail() - this.#head) | 0
  }

  /** Events of number `event` that found no room. */
  drops(event: number): number {
    return Atomics.load(this.#words, (DROPS_OFFSET >> 2) + event) >>> 0
  }

  /** Hands at most `limit` records to `handler`, in order; returns how many. */
  drain(handler: RecordHandler, limit = Number.POSITIVE_INFINITY): number {
    return this.drainUpTo(this.snapshotTail(), handler, limit)
  }

  /** As `drain`, but no further than `position`, which must come from `snapshotTail`. */
  drainUpTo(position: number, handler: RecordHandler, limit = Number.POSITIVE_INFINITY): number {
    const words = this.#words
    const mask = this.capacity - 1
    const releaseBytes = this.capacity / RELEASE_DIVISOR
    let released = this.#head
    let records = 0
    try {
      while (((position - this.#head) | 0) > 0 && records < limit) {
        const start = CONTROL_BYTES + (this.#head & mask)
        const length = words[(start + RECORD_LENGTH_OFFSET) >> 2] as number
        const type = words[(start + RECORD_TYPE_OFFSET) >> 2] as number
        // Past the record before the handler runs: one that throws must not meet the same record for ever.
        this.#head = (this.#head + ((length + (RECORD_ALIGNMENT - 1)) & -RECORD_ALIGNMENT)) | 0
        if (type === PADDING_TYPE) continue
        handler.onRecord(this.number, type, start, start + length)
        records++
        if (((this.#head - released) | 0) >= releaseBytes) {
          released = this.#head
          Atomics.store(words, HEAD_OFFSET >> 2, released)
        }
      }
    } finally {
      if (released !== this.#head) Atomics.store(words, HEAD_OFFSET >> 2, this.#head)
    }
    return records
  }
}
