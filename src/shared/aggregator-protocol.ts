/**
 * The messages between the main thread and the aggregator thread. Types only; no thread of its own.
 *
 *     main ── AggregatorThreadData at start, then AggregatorCommand ──▶ aggregator
 *     main ◀── AggregatorReport ─────────────────────────────────────── aggregator
 *     subscriber ◀── SubscriptionDelivery ── (a MessagePort per subscription) ── SubscriptionCredit ──▶
 */

import type { MessagePort } from 'node:worker_threads'
import type { BypassAnswer, BypassRequest } from './bypass.ts'
import type { SothEvent } from './events/event.ts'
import type { Protocol } from './events/protocols.ts'
import type { EventName } from './events/schema.ts'

/** What the thread is started with (`workerData`). */
export interface AggregatorThreadData {
  /** The first part of every flow_id: unique across restarts of the engine. */
  readonly instanceId: string
  readonly version: string
  /** The acceptor's ring first, then one per worker. */
  readonly rings: readonly SharedArrayBuffer[]
  readonly doorbell: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly options: AggregatorOptions
  /** Subscriptions made before the thread was started: they see every event from the first on. */
  readonly subscriptions?: readonly SubscribeCommand[]
}

/** The part of the engine's options that the aggregator runs on. */
export interface AggregatorOptions {
  /** `host:port`, or false: no admin server. */
  readonly admin: string | false
  readonly adminHosts: readonly string[]
  /** The NDJSON sink; undefined: none. */
  readonly events: { readonly file: string; readonly rotateBytes: number; readonly rotateKeep: number } | undefined
  /** The live feed on the admin server; undefined: none. */
  readonly feed: FeedOptions | undefined
  /** The gRPC service; undefined: none. */
  readonly sidecar: SidecarOptions | undefined
  /** Hosts with their own label. */
  readonly metricHosts: number
  /** Names of fields whose values no event carries. */
  readonly redactFields: readonly string[]
  /** Names of parameters of URLs whose values no event carries. */
  readonly redactQuery: readonly string[]
  /** The acceptor's refusal codes by counter slot: values of the label `reason`. */
  readonly refusalCodes: readonly string[]
}

export interface FeedOptions {
  readonly clients: number
  /** Events on their way to one client. */
  readonly queue: number
  /** Origins whose web pages are served. */
  readonly origins: readonly string[]
}

export interface SidecarOptions {
  /** `unix:/path` or a loopback address. */
  readonly listen: string
  readonly clients: number
  /** Events on their way to one subscriber. */
  readonly queue: number
}

/** What came of reading the configuration file anew. */
export type ReloadAnswer = { readonly rules: number; readonly problem?: undefined } | { readonly problem: string }

/** Which events a subscriber wants: all conditions that are present must hold; an empty filter takes everything. */
export interface EventFilter<Name extends EventName = EventName> {
  readonly events?: readonly Name[]
  /** `server_host`, without regard to case: exact, or `.suffix` or `*.suffix` for subdomains. */
  readonly hosts?: readonly string[]
  readonly flow_id?: string
  readonly protocols?: readonly Protocol[]
}

export interface SubscribeCommand {
  readonly type: 'subscribe'
  readonly id: number
  readonly filter: EventFilter
  /** Events in flight at most. */
  readonly queue: number
  readonly port: MessagePort
}

export type AggregatorCommand =
  | SubscribeCommand
  | { readonly type: 'unsubscribe'; readonly id: number }
  /** The worker of ring `worker` has ended; nothing writes to its ring until `done`. `tickets`: flows handed to it and never adopted. */
  | { readonly type: 'worker_lost'; readonly request: number; readonly worker: number; readonly tickets: readonly number[] }
  | { readonly type: 'flush'; readonly request: number }
  /** Open the NDJSON file anew (SIGHUP). */
  | { readonly type: 'reopen' }
  /** Answers `ask`. */
  | { readonly type: 'answer'; readonly request: number; readonly answer: BypassAnswer }
  /** Answers `reload`. */
  | { readonly type: 'reloaded'; readonly request: number; readonly answer: ReloadAnswer }
  /** Drain the rings to their end, flush the sinks, end the thread. Every producer has stopped. */
  | { readonly type: 'close' }

/** Why the aggregator could not start: in the words of a `UserError`. */
export interface AggregatorFailure {
  readonly code:
    | 'admin_address_invalid'
    | 'admin_address_in_use'
    | 'admin_address_unavailable'
    | 'events_file_unwritable'
    | 'sidecar_unavailable'
    | 'aggregator_failed'
  readonly what: string
  readonly where: string
  readonly remedy: string
}

export type AggregatorReport =
  | { readonly type: 'started'; readonly adminAddress: AdminAddress | undefined; readonly sidecarAddress: string | undefined }
  | { readonly type: 'failed'; readonly failure: AggregatorFailure }
  /** Answers `flush` and `worker_lost`. */
  | { readonly type: 'done'; readonly request: number }
  /** The admin server asks the main thread; answered by `answer`. */
  | { readonly type: 'ask'; readonly request: number; readonly question: BypassRequest }
  /** The sidecar asks for the configuration file to be read anew; answered by `reloaded`. */
  | { readonly type: 'reload'; readonly request: number }
  /** Nobody reads the events on standard output any more. */
  | { readonly type: 'output_gone' }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }

/** Where the admin server listens. */
export interface AdminAddress {
  readonly host: string
  readonly port: number
}

/** To a subscriber: events in order; `flushed` carries the number of a flush that they precede. */
export interface SubscriptionDelivery {
  readonly events: readonly SothEvent[]
  readonly flushed?: number
}

/** From a subscriber: so many events have been consumed. */
export interface SubscriptionCredit {
  readonly consumed: number
}
