/**
 * Subscription: the subscriber's end of a subscription. Main thread (or whichever called `subscribe`).
 *
 * Events are given to the listener one at a time, in order. Each that has been consumed is a credit for the aggregator, sent
 * in batches; a listener that stands still therefore holds back no more than its queue. What a listener throws stops no later event and
 * ends no process, which would end every flow for a mistake in an observer: the first failure of each subscription is a warning.
 */

import type { MessagePort } from 'node:worker_threads'
import type { SubscriptionCredit, SubscriptionDelivery } from '../../shared/aggregator-protocol.ts'
import type { SothEvent } from '../../shared/events/event.ts'

export type EventListener = (event: SothEvent) => void | Promise<void>

/** Events consumed before the aggregator is told, within a delivery. */
const CREDIT_EVENTS = 64

export class Subscription {
  readonly #port: MessagePort
  readonly #listener: EventListener
  readonly #ended: Promise<void>
  /** Deliveries are consumed one after the other, even if the listener takes its time. */
  #previous: Promise<void> = Promise.resolve()
  #lastFlush = 0
  #flushWaiters: { readonly request: number; readonly resolve: () => void }[] = []
  #open = true
  #warned = false

  constructor(port: MessagePort, listener: EventListener) {
    this.#port = port
    this.#listener = listener
    port.on('message', (delivery: SubscriptionDelivery) => {
      this.#previous = this.#previous.then(() => this.#consume(delivery))
    })
    this.#ended = new Promise((resolve) => port.once('close', () => resolve()))
    // The engine keeps the process alive, not who listens to it.
    port.unref()
  }

  /** No further event reaches the listener. */
  close(): void {
    this.#open = false
    this.#port.close()
    this.#settle(Number.POSITIVE_INFINITY)
  }

  /** Resolves when what came before flush `request` has been consumed. */
  flushed(request: number): Promise<void> {
    if (!this.#open || this.#lastFlush >= request) return Promise.resolve()
    return new Promise((resolve) => this.#flushWaiters.push({ request, resolve }))
  }

  /** Resolves when the aggregator has closed its end and every event that came has been consumed. */
  async ended(): Promise<void> {
    this.#port.ref()
    await this.#ended
    await this.#previous
    this.close()
  }

  async #consume(delivery: SubscriptionDelivery): Promise<void> {
    let consumed = 0
    for (const event of delivery.events) {
      if (!this.#open) return
      const waiting = this.#call(event)
      if (waiting !== undefined) await waiting
      consumed++
      if (consumed === CREDIT_EVENTS) consumed = this.#credit(consumed)
    }
    this.#credit(consumed)
    if (delivery.flushed !== undefined) this.#settle(delivery.flushed)
  }

  /** Waits only for a listener that returned a promise: an await per event would cost more than most listeners. */
  #call(event: SothEvent): Promise<void> | undefined {
    try {
      const result = this.#listener(event)
      return result instanceof Promise ? result.catch((error: unknown) => this.#warn(error)) : undefined
    } catch (error) {
      this.#warn(error)
      return undefined
    }
  }

  /** Once: a listener that fails for one event fails for many. */
  #warn(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    const detail = error instanceof Error ? error.stack : undefined
    process.emitWarning(`a listener of events failed, and further failures of it are not told: ${String(error)}`, {
      type: 'SothListenerWarning',
      ...(detail === undefined ? {} : { detail }),
    })
  }

  #credit(consumed: number): 0 {
    if (consumed > 0) this.#port.postMessage({ consumed } satisfies SubscriptionCredit)
    return 0
  }

  #settle(request: number): void {
    this.#lastFlush = Math.max(this.#lastFlush, request)
    for (const waiter of this.#flushWaiters) if (waiter.request <= request) waiter.resolve()
    this.#flushWaiters = this.#flushWaiters.filter((waiter) => waiter.request > request)
  }
}
