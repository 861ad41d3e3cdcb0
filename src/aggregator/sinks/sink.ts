/**
 * Sink: where events go. Aggregator thread.
 *
 * A sink takes from an event what it needs during `accept`, and never waits there: what does not fit into its own bounded
 * queue it loses, counts, and announces in its own stream. So a slow sink delays neither the rings nor another sink.
 */

import type { SothEvent } from '../../shared/events/event.ts'
import type { Protocol } from '../../shared/events/protocols.ts'
import type { EventName } from '../../shared/events/schema.ts'

/** An event on its way to the sinks. Valid during `accept` only; both forms are made at the first request and shared. */
export interface OutgoingEvent {
  readonly name: EventName
  readonly flowId: string
  /** Of flow 0: to be delivered as `EngineFlow.number` makes it, in this sink's own numbering. */
  readonly isEngineFlow: boolean
  readonly serverHost: string
  readonly protocol: Protocol
  /** The public event. */
  object(): SothEvent
  /** The public event as one line of NDJSON in UTF-8, with its line feed: a view. */
  line(): Uint8Array
}

export interface Sink {
  /** The label of its metrics. */
  readonly kind: string
  /** Events given to the sink's destination. */
  readonly delivered: number
  /** Events lost. */
  readonly dropped: number
  /** Events taken and not yet given to the destination. */
  readonly lag: number
  accept(event: OutgoingEvent): void
  /** A poll is over: hand on what came. */
  endBatch(): void
  /** Resolves when everything accepted so far has been delivered or lost. */
  flush(): Promise<void>
  /** Flushes, within a deadline, and ends. Never rejects. */
  close(): Promise<void>
}
