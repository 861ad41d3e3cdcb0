/**
 * AggregatorHandle: the aggregator thread as the engine sees it. Main thread; `engine.ts` is its only importer.
 */

import { MessageChannel, Worker } from 'node:worker_threads'
import type {
  AdminAddress,
  AggregatorCommand,
  AggregatorReport,
  AggregatorThreadData,
  EventFilter,
  ReloadAnswer,
  SubscribeCommand,
} from '../../shared/aggregator-protocol.ts'
import type { BypassAnswer, BypassRequest } from '../../shared/bypass.ts'
import { SUBSCRIPTION_QUEUE_EVENTS, SUBSCRIPTION_QUEUE_EVENTS_MAX, SUBSCRIPTIONS } from '../../shared/limits/aggregator.ts'
import type { Log } from '../log.ts'
import { filterOf } from '../sinks/filter-names.ts'
import { failed, StartFailure } from '../start-failure.ts'
import { type EventListener, Subscription } from './subscription.ts'

export interface AggregatorHandleOptions {
  readonly log: Log
  /** The thread ended without having been closed: nothing is observed any more. */
  readonly onLost: (error: Error) => void
  /** What the admin server asks of the main thread. */
  readonly onAsk: (question: BypassRequest) => BypassAnswer
  /** Nobody reads the events on standard output any more. */
  readonly onOutputGone: () => void
  /** The sidecar asks for the configuration file to be read anew. */
  readonly onReload: () => Promise<ReloadAnswer>
}

/** Where it listens. */
interface Addresses {
  readonly adminAddress: AdminAddress | undefined
  readonly sidecarAddress: string | undefined
}

interface Pending {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class AggregatorHandle {
  readonly #data: AggregatorThreadData
  readonly #options: AggregatorHandleOptions
  readonly #subscriptions = new Map<number, Subscription>()
  readonly #pending = new Map<number, Pending>()
  /** Subscriptions made before the thread was started. */
  #early: SubscribeCommand[] = []
  #worker: Worker | undefined = undefined
  #exited: Promise<void> = Promise.resolve()
  #closing = false
  #numbers = 0

  constructor(data: AggregatorThreadData, options: AggregatorHandleOptions) {
    this.#data = data
    this.#options = options
  }

  /** Starts the thread; resolves when it polls and its admin server listens. Rejects with a StartFailure. */
  async start(): Promise<Addresses> {
    const subscriptions = this.#early
    this.#early = []
    const worker = new Worker(new URL('../aggregator-thread.js', import.meta.url), {
      name: 'soth-aggregator',
      workerData: { ...this.#data, subscriptions } satisfies AggregatorThreadData,
      transferList: subscriptions.map(({ port }) => port),
    })
    this.#worker = worker
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()))
    const started = new Started()
    worker.on('message', (report: AggregatorReport) => this.#onReport(report, started))
    worker.once('error', (error) => {
      started.reject(new StartFailure(failed(error.message)))
      this.#lost(error)
    })
    worker.once('exit', () => {
      const ended = new Error('the aggregator thread has ended')
      started.reject(ended)
      this.#lost(ended)
    })
    try {
      return await started.promise
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /**
   * Calls `listener` for each event that `filter` wants, in order; one that returns a promise is waited for. At most `queue`
   * events are on their way to it: what comes beyond is lost, counted, and announced by an `events_dropped` of flow 0.
   * Made before `start` it sees every event; made later, those from the moment on at which the thread hears of it (`flush`
   * waits for that). Returns what ends the subscription. Throws a TypeError on a malformed filter.
   */
  subscribe(filter: EventFilter, listener: EventListener, { queue = SUBSCRIPTION_QUEUE_EVENTS } = {}): () => void {
    const checked = filterOf(filter)
    if (typeof checked === 'string') throw new TypeError(checked)
    if (typeof listener !== 'function') throw new TypeError('the listener must be a function')
    if (!Number.isInteger(queue) || queue < 1 || queue > SUBSCRIPTION_QUEUE_EVENTS_MAX) {
      throw new TypeError(`queue must be a whole number from 1 to ${SUBSCRIPTION_QUEUE_EVENTS_MAX}`)
    }
    if (this.#closing) throw new Error('the aggregator is closed')
    if (this.#subscriptions.size >= SUBSCRIPTIONS) throw new RangeError(`at most ${SUBSCRIPTIONS} subscriptions can be open`)
    const id = ++this.#numbers
    const { port1, port2 } = new MessageChannel()
    this.#subscriptions.set(id, new Subscription(port1, listener))
    const command: SubscribeCommand = { type: 'subscribe', id, filter: checked, queue, port: port2 }
    if (this.#worker === undefined) this.#early.push(command)
    else this.#worker.postMessage(command, [port2])
    return () => this.#unsubscribe(id)
  }

  /**
   * The worker of ring `worker` has ended. Resolves when its ring is drained and its flows are closed as `worker_lost`, and
   * with them those of `tickets`, which it was given and never adopted; only then may another worker write to the ring.
   */
  workerLost(worker: number, tickets: readonly number[] = []): Promise<void> {
    return this.#ask((request) => ({ type: 'worker_lost', request, worker, tickets }))
  }

  /** Resolves when everything that was in the rings at the call is written by the sinks and seen by the subscribers. */
  async flush(): Promise<void> {
    let asked = 0
    await this.#ask((request) => {
      asked = request
      return { type: 'flush', request }
    })
    await Promise.all(Array.from(this.#subscriptions.values(), (subscription) => subscription.flushed(asked)))
  }

  /** Opens the NDJSON file anew, after somebody renamed it. */
  reopen(): void {
    this.#post({ type: 'reopen' })
  }

  /** Drains the rings, flushes the sinks, ends the thread. Call when every producer has stopped; again has no effect. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      this.#post({ type: 'close' })
      // Never started: nobody else has the other ends.
      for (const { port } of this.#early) port.close()
    }
    await this.#exited
    await Promise.all(Array.from(this.#subscriptions.values(), (subscription) => subscription.ended()))
    this.#subscriptions.clear()
  }

  #unsubscribe(id: number): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) return
    this.#subscriptions.delete(id)
    this.#early = this.#early.filter((command) => command.id !== id)
    subscription.close()
    this.#post({ type: 'unsubscribe', id })
  }

  #ask(command: (request: number) => AggregatorCommand): Promise<void> {
    const request = ++this.#numbers
    return new Promise((resolve, reject) => {
      if (this.#worker === undefined) {
        reject(new Error('the aggregator is not running'))
        return
      }
      this.#pending.set(request, { resolve, reject })
      this.#post(command(request))
    })
  }

  #post(command: AggregatorCommand): void {
    this.#worker?.postMessage(command)
  }

  #onReport(report: AggregatorReport, started: Started): void {
    switch (report.type) {
      case 'started':
        started.resolve(report)
        return
      case 'failed':
        started.reject(new StartFailure(report.failure))
        return
      case 'done':
        this.#pending.get(report.request)?.resolve()
        this.#pending.delete(report.request)
        return
      case 'ask':
        this.#post({ type: 'answer', request: report.request, answer: this.#options.onAsk(report.question) })
        return
      case 'reload':
        void this.#options.onReload().then((answer) => this.#post({ type: 'reloaded', request: report.request, answer }))
        return
      case 'output_gone':
        this.#options.onOutputGone()
        return
      case 'log':
        this.#options.log(report.level, report.message)
    }
  }

  #lost(error: Error): void {
    if (this.#worker === undefined) return
    this.#worker = undefined
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
    if (!this.#closing) this.#options.onLost(error)
  }
}

/** The outcome of `start`, decided by messages. */
class Started {
  readonly promise: Promise<Addresses>
  resolve: (addresses: Addresses) => void = () => undefined
  reject: (error: Error) => void = () => undefined

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}
