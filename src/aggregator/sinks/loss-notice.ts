/**
 * LossNotice: the event by which a sink tells its reader how many events it lost, and the numbers of flow 0 in that sink.
 * Aggregator thread.
 *
 * An `events_dropped` of flow 0: flows are numbered from 1, and 0 stands for the engine itself. What the engine tells of
 * itself (`tls_learning_audit`) is of flow 0 too, so each sink numbers both together, in the order in which it delivers them:
 * `flow_seq` has no gap there, whatever was lost. `first_seq` is absent, since what was lost belongs to many flows.
 */

import type { EventOf, SothEvent } from '../../shared/events/event.ts'
import { SCHEMA_VERSION } from '../../shared/events/schema.ts'
import type { Clock } from '../clock.ts'
import type { OutgoingEvent } from './sink.ts'

export class LossNotice {
  readonly #instanceId: string
  readonly #clock: Clock
  #seq = 0

  constructor(instanceId: string, clock: Clock) {
    this.#instanceId = instanceId
    this.#clock = clock
  }

  /** The notice of `count` lost events; made anew until it is told. */
  make(count: number): EventOf<'events_dropped'> {
    return {
      schema: SCHEMA_VERSION,
      event: 'events_dropped',
      flow_id: `${this.#instanceId}-0`,
      flow_seq: this.#seq,
      time_unix_ms: this.#clock.wallMs(),
      time_mono_ns: this.#clock.monoNs(),
      worker: 0,
      client_addr: '',
      server_host: '',
      server_port: 0,
      protocol: 'tunnel',
      count,
    }
  }

  /** An event of flow 0 with its number in this sink; made anew until it is told. */
  number(event: OutgoingEvent): SothEvent {
    const { first_seq: _, ...numbered } = { first_seq: 0, ...event.object(), flow_seq: this.#seq }
    return numbered as SothEvent
  }

  /** The notice, or event, has been told: the next one has the next number. */
  told(): void {
    this.#seq++
  }
}
