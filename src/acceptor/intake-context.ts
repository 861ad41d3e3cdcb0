/**
 * IntakeContext: what all intakes of an acceptor share. Main thread.
 */

import type { Socket } from 'node:net'
import type { AcceptorCounters } from '../shared/counters/acceptor-counters.ts'
import type { EventWriter } from '../shared/events/record-writer.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { Ticket } from '../shared/ticket.ts'
import type { Admitter } from './admission.ts'
import type { GentleCloser } from './gentle-close.ts'

export interface IntakeContext {
  readonly options: EngineOptions
  readonly events: EventWriter
  readonly counters: AcceptorCounters
  readonly admitter: Admitter
  readonly closer: GentleCloser
  readonly nextFlow: () => number
  /** Gives the connection to a shard, which closes it from then on; or returns the response to refuse it with. */
  readonly handOff: (socket: Socket, ticket: Omit<Ticket, 'descriptor'>) => Uint8Array | undefined
}
