/**
 * RingProducer: the writing end of a ring. One per ring; claims never block and never wait.
 *
 *     tryClaim(length, reserve) ─▶ offset ─▶ write body ─▶ commit(type) | abort()
 *
 * A claim changes nothing that the consumer can see; `commit` publishes record (and padding, at the wrap) with one
 * `Atomics.store` of the tail. The consumer's head is cached and reloaded only when the ring looks as if it were filling, so that the
 * two ends seldom share a cache line. Acceptor or worker thread.
 */

import { invariant } from '../assert.ts'
import { ALARM_DIVISOR, MAX_RECORD_DIVISOR } from '../limits/ring.ts'
import type { Doorbell } from './doorbell.ts'
import {
  CONTROL_BYTES,
  DROP_SLOTS,
  DROPS_OFFSET,
  HEAD_OFFSET,
  PADDING_TYPE,
  RECORD_ALIGNMENT,
  RECORD_LENGTH_OFFSET,
  RECORD_TYPE_OFFSET,
  TAIL_OFFSET,
} from './ring-descriptor.ts'
import { ringCapacity } from './ring-memory.ts'

/** `tryClaim` found no room. */
export const RING_FULL = -1

export class RingProducer {
  readonly memory: SharedArrayBuffer
  /** The whole memory, for writing the body of a claimed record. */
  readonly bytes: Buffer
  readonly view: DataView
  readonly capacity: number
  /** The longest record that may be claimed. */
  readonly maxRecordBytes: number
  readonly #alarmBytes: number
  readonly #words: Int32Array
  readonly #doorbell: Doorbell
  /** Position behind the last committed record. */
  #tail: number
  #cachedHead: number
  /** Octets of padding in front of the claimed record, and its length; 0 while nothing is claimed. */
  #padding = 0
  #claimed = 0

  constructor(memory: SharedArrayBuffer, doorbell: Doorbell) {
    this.memory = memory
    this.capacity = ringCapacity(memory)
    this.maxRecordBytes = this.capacity / MAX_RECORD_DIVISOR
    this.#alarmBytes = this.capacity / ALARM_DIVISOR
    this.bytes = Buffer.from(memory)
    this.view = new DataView(memory)
    this.#words = new Int32Array(memory)
    this.#doorbell = doorbell
    this.#tail = Atomics.load(this.#words, TAIL_OFFSET >> 2)
    this.#cachedHead = Atomics.load(this.#words, HEAD_OFFSET >> 2)
  }

  /**
   * Room for a record of `length` octets, header included, that leaves `reserve` octets of the ring free. Returns the offset
   * of the record in `bytes`, or RING_FULL.
   */
  tryClaim(length: number, reserve: number): number {
    invariant(this.#claimed === 0, 'one claim at a time')
    invariant(length <= this.maxRecordBytes, 'a record is at most an eighth of its ring')
    const aligned = align(length)
    const index = this.#tail & (this.capacity - 1)
    const toEnd = this.capacity - index
    const padding = toEnd < aligned ? toEnd : 0
    const limit = this.capacity - reserve - padding - aligned
    if (((this.#tail - this.#cachedHead) | 0) > limit) {
      this.#cachedHead = Atomics.load(this.#words, HEAD_OFFSET >> 2)
      if (((this.#tail - this.#cachedHead) | 0) > limit) return RING_FULL
    }
    this.#padding = padding
    this.#claimed = length
    return CONTROL_BYTES + (padding === 0 ? index : 0)
  }

  /** Publishes the claimed record as one of `type`, and wakes a parked consumer. */
  commit(type: number): void {
    invariant(this.#claimed !== 0, 'commit follows a claim')
    const words = this.#words
    if (this.#padding !== 0) this.#writeHeader(this.#padding, PADDING_TYPE)
    this.#tail = (this.#tail + this.#padding) | 0
    this.#writeHeader(this.#claimed, type)
    this.#tail = (this.#tail + align(this.#claimed)) | 0
    this.#claimed = 0
    Atomics.store(words, TAIL_OFFSET >> 2, this.#tail)
    this.#doorbell.ring()
    if (((this.#tail - this.#cachedHead) | 0) > this.#alarmBytes) this.#alarmIfFilling()
  }

  /** Gives the claim back; the consumer has seen nothing of it. */
  abort(): void {
    this.#claimed = 0
  }

  /** Counts an event that found no room, by its number (0: a flow context). */
  countDrop(event: number): void {
    invariant(event < DROP_SLOTS, 'every event number has a drop word')
    const word = (DROPS_OFFSET >> 2) + event
    Atomics.store(this.#words, word, ((this.#words[word] as number) + 1) | 0)
  }

  /** The head is looked at again only here, and where there seems to be no room: in the steady state once per `#alarmBytes`. */
  #alarmIfFilling(): void {
    this.#cachedHead = Atomics.load(this.#words, HEAD_OFFSET >> 2)
    if (((this.#tail - this.#cachedHead) | 0) > this.#alarmBytes) this.#doorbell.alarm()
  }

  #writeHeader(length: number, type: number): void {
    const word = (CONTROL_BYTES + (this.#tail & (this.capacity - 1))) >> 2
    this.#words[word + (RECORD_LENGTH_OFFSET >> 2)] = length
    this.#words[word + (RECORD_TYPE_OFFSET >> 2)] = type
  }
}

function align(length: number): number {
  return (length + (RECORD_ALIGNMENT - 1)) & -RECORD_ALIGNMENT
}
