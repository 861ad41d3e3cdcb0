/**
 * Observation: what the payload observers of one session share. Worker thread.
 */

import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { Protocol } from '../../shared/events/protocols.ts'
import type { EventWriter } from '../../shared/events/record-writer.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import type { McpSessions } from '../layers/mcp/mcp-pairs.ts'

export interface Observation {
  readonly events: EventWriter
  readonly flow: FlowCursor
  /** How much of what bodies carry becomes events. */
  readonly level: EngineOptions['observe']
  /** Octets of each body, event, message or value that go into events. */
  readonly captureBytes: number
  /** The session's clock, ms: one reading per socket read, not per event. */
  readonly now: () => number
  readonly mcpSessions: McpSessions
}

/** What names the exchange that an event belongs to. */
export interface ExchangeLabel {
  /** Number of the exchange within the flow, or the stream id. */
  readonly number: number
  readonly protocol: Protocol
}
