/**
 * SubscriptionSink: events to one subscriber in this process, over a MessagePort with credits. Aggregator thread.
 *
 * A MessagePort has no bound of its own: a subscriber whose event loop stands still would gather messages without end. So
 * at most `queue` events are in flight, posted and not yet reported as consumed. What comes beyond is lost and counted, and
 * once half of the queue has been consumed the subscriber is told how much, in order, by a loss notice.
 */

import type { MessagePort } from 'node:worker_threads'
import type { EventFilter, SubscriptionCredit, SubscriptionDelivery } from '../../shared/aggregator-protocol.ts'
import type { SothEvent } from '../../shared/events/event.ts'
import { compileFilter, type EventTest } from './event-filter.ts'
import type { LossNotice } from './loss-notice.ts'
import type { OutgoingEvent, Sink } from './sink.ts'

export class SubscriptionSink implements Sink {
  readonly kind = 'subscription'
  delivered = 0
  dropped = 0
  readonly #port: MessagePort
  readonly #wants: EventTest
  readonly #queue: number
  readonly #notice: LossNotice
  #batch: SothEvent[] = []
  #inFlight = 0
  #unannounced = 0

  /** `onGone` is called when the subscriber's end of the port has closed. */
  constructor(port: MessagePort, filter: EventFilter, queue: number, notice: LossNotice, onGone: () => void) {
    this.#port = port
    this.#wants = compileFilter(filter)
    this.#queue = queue
    this.#notice = notice
    port.on('message', (credit: SubscriptionCredit) => this.#consumed(credit.consumed))
    port.on('close', onGone)
  }

  get lag(): number {
    return this.#inFlight
  }

  accept(event: OutgoingEvent): void {
    if (!this.#wants(event)) return
    if (this.#unannounced > 0 || this.#inFlight >= this.#queue) {
      this.dropped++
      this.#unannounced++
      return
    }
    if (event.isEngineFlow) {
      this.#batch.push(this.#notice.number(event))
      this.#notice.told()
    } else {
      this.#batch.push(event.object())
    }
    this.#inFlight++
  }

  endBatch(): void {
    if (this.#batch.length > 0) this.#post({ events: this.#batch })
  }

  /** Tells the subscriber that flush `request` comes after everything accepted so far. */
  markFlush(request: number): void {
    this.#announce()
    this.#post({ events: this.#batch, flushed: request })
  }

  flush(): Promise<void> {
    this.endBatch()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.#announce()
    this.endBatch()
    this.#port.close()
    return Promise.resolve()
  }

  #consumed(events: number): void {
    this.#inFlight -= events
    if (this.#inFlight > this.#queue / 2 || this.#unannounced === 0) return
    this.#announce()
    this.endBatch()
  }

  #announce(): void {
    if (this.#unannounced === 0) return
    this.#batch.push(this.#notice.make(this.#unannounced))
    this.#notice.told()
    this.#inFlight++
    this.#unannounced = 0
  }

  #post(delivery: SubscriptionDelivery): void {
    this.#port.postMessage(delivery)
    this.delivered += this.#batch.length
    this.#batch = []
  }
}
