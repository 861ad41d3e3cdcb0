/**
 * IntakeContext: what all intakes of an acceptor share. Main thread.
 */

import type { AcceptorCounters } from '../shared/counters/acceptor-counters.ts'
import type { EventWriter } from '../shared/events/record/record-writer.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { Admitter } from './admission.ts'
import type { GentleCloser } from './gentle-close.ts'
import type { ClientOwners } from './owners/client-owners.ts'
import type { ShardGateway } from './shards/shard-gateway.ts'

export interface IntakeContext {
  readonly options: EngineOptions
  readonly events: EventWriter
  readonly counters: AcceptorCounters
  readonly admitter: Admitter
  /** Undefined where no rule asks who a client is: nearly always. */
  readonly owners: ClientOwners | undefined
  readonly closer: GentleCloser
  readonly nextFlow: () => number
  readonly gateway: ShardGateway
}
