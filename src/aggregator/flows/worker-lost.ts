/**
 * endedByLoss: the terminal events that a lost worker could not write: one per open exchange of a flow, then the flow's.
 * Aggregator thread.
 */

import { CLOSE_REASONS } from '../../shared/events/close-reasons.ts'
import type { EventOf, SothEvent } from '../../shared/events/event.ts'
import type { Protocol } from '../../shared/events/protocols.ts'
import { type EventName, SCHEMA_VERSION } from '../../shared/events/schema.ts'
import type { Clock } from '../clock.ts'
import type { OutgoingEvent } from '../sinks/sink.ts'
import type { Flow } from './flow-table.ts'

export const WORKER_LOST_REASON = CLOSE_REASONS.indexOf('worker_lost')

/** The terminal events of `flow`, in order; takes its next flow_seqs. */
export function* endedByLoss(flow: Flow, clock: Clock): Generator<EventOf<'stream_closed'>> {
  for (const [stream, { protocol, multiplexed }] of flow.exchanges ?? []) {
    yield { ...closed(flow, protocol, clock), ...(multiplexed ? { stream_id: stream } : { exchange: stream }) }
  }
  yield { ...closed(flow, flow.protocol, clock), duration_ms: Math.max(0, clock.wallMs() - flow.openedMs) }
}

function closed(flow: Flow, protocol: Protocol, clock: Clock): EventOf<'stream_closed'> {
  const { flow_id, client_addr, server_host, server_port } = flow.context
  return {
    schema: SCHEMA_VERSION,
    event: 'stream_closed',
    flow_id,
    flow_seq: flow.nextSeq++,
    time_unix_ms: clock.wallMs(),
    time_mono_ns: clock.monoNs(),
    worker: flow.worker,
    client_addr,
    server_host,
    server_port,
    protocol,
    close_reason: 'worker_lost',
  }
}

/** An event that was made here, on its way to the sinks. */
export class OutgoingObject implements OutgoingEvent {
  readonly #event: SothEvent

  constructor(event: SothEvent) {
    this.#event = event
  }

  get name(): EventName {
    return this.#event.event
  }
  get flowId(): string {
    return this.#event.flow_id
  }
  /** Flow 0 has no worker to lose. */
  get isEngineFlow(): boolean {
    return false
  }
  get serverHost(): string {
    return this.#event.server_host
  }
  get protocol(): Protocol {
    return this.#event.protocol
  }

  object(): SothEvent {
    return this.#event
  }

  line(): Uint8Array {
    return Buffer.from(`${JSON.stringify(this.#event)}\n`)
  }
}
