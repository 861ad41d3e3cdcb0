/**
 * ExchangeQueue: the requests whose exchange is not over, oldest first, which is the order of their responses (RFC 9112 §9.3.2).
 *
 * A ring of reused records, made on first use: a connection that never pipelines has one. Worker thread.
 */

import { invariant } from '../../../shared/assert.ts'
import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { ReplyForm } from '../http/reply-form.ts'

export class Exchange {
  /** Its number within the flow. */
  number = 0
  isHead = false
  isConnect = false
  /** In which form an answer of ours would be read; of requests that came before the origin's first answer. */
  form: ReplyForm = 'text'
  /** The client speaks HTTP/1.1: it understands chunks. */
  isHttp11 = true
  /** An Upgrade or CONNECT whose answer is out: what the client sends next is HTTP or is not, by that answer. */
  maySwitch = false
  /** The request's head has gone to the origin, so an answer may come. */
  forwarded = false
  requestDone = false
  /** Some of a final response has gone to the client. */
  responseStarted = false
  responseDone = false
  /** Our own answer, until it is its turn. */
  reply: Uint8Array | undefined = undefined
  /** It waits until then; 0: for its turn only. */
  replyAt = 0
  /** The session ends after `reply`. */
  closesAfterReply = false
  /** Relayed unread from here on (`strict: false`): nothing behind it can be paired. */
  opaque = false
  /** The end it will have other than `completed`, once one is known. */
  reason: CloseReason | undefined = undefined
  /** The handler has been told the end. */
  ended = false

  reset(number: number): void {
    this.number = number
    this.isHead = false
    this.isConnect = false
    this.form = 'text'
    this.isHttp11 = true
    this.maySwitch = false
    this.forwarded = false
    this.requestDone = false
    this.responseStarted = false
    this.responseDone = false
    this.reply = undefined
    this.replyAt = 0
    this.closesAfterReply = false
    this.opaque = false
    this.reason = undefined
    this.ended = false
  }
}

export class ExchangeQueue {
  readonly capacity: number
  length = 0
  /** Room for the one that most connections need: an array that grows from nothing takes room for 17. */
  readonly #records: Exchange[] = new Array(1)
  #first = 0
  #next = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get isFull(): boolean {
    return this.length === this.capacity
  }

  /** The oldest, whose response is the next to come. */
  get front(): Exchange | undefined {
    return this.length === 0 ? undefined : this.#records[this.#first]
  }

  /** The youngest, whose request came last. */
  get back(): Exchange | undefined {
    return this.length === 0 ? undefined : this.at(this.length - 1)
  }

  at(index: number): Exchange {
    const record = this.#records[(this.#first + index) % this.capacity]
    invariant(record !== undefined, 'an exchange within the length of its queue')
    return record
  }

  push(): Exchange {
    invariant(!this.isFull, 'room for an exchange was checked')
    // While the queue is empty its records need no order: start over, so that lone exchanges share the first.
    if (this.length === 0) this.#first = 0
    const slot = (this.#first + this.length) % this.capacity
    const record = this.#records[slot] ?? this.#add(slot)
    record.reset(this.takeNumber())
    this.length++
    return record
  }

  /** A number for a message that never becomes an exchange. */
  takeNumber(): number {
    return this.#next++
  }

  shift(): void {
    this.#first = (this.#first + 1) % this.capacity
    this.length--
  }

  clear(): void {
    this.length = 0
  }

  #add(slot: number): Exchange {
    const record = new Exchange()
    this.#records[slot] = record
    return record
  }
}
