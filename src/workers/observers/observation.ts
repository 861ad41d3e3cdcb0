/**
 * Observation: what the payload observers of one session share. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { EventWriter } from '../../shared/events/record/record-writer.ts'
import type { FlowOptions } from '../../shared/policy/flow-options.ts'
import type { Side } from '../../shared/side.ts'
import type { Outcome } from '../layers/layer.ts'
import type { McpSessions } from '../layers/mcp/mcp-pairs.ts'

/** What observers know of the session that they observe. */
export interface ObservedSession {
  readonly flow: FlowCursor
  /** The session's clock, ms: one reading per socket read, not per event. */
  readonly now: number
  /** The rule that was broken last: the flow's own terminal event names it too. */
  violation: string | undefined
  /** Exchange `exchange` has left HTTP: `reader` reads what follows of its connection or stream. Called within `onUpgrade`. */
  switchTo(exchange: number, reader: SwitchedReader): void
}

/** Reads octets that are not HTTP any more; whatever it says of them, they pass. Layers that always pass are such. */
export interface SwitchedReader {
  execute(side: Side, bytes: Uint8Array): Outcome
  finish(side: Side): Outcome
  resume(): Outcome
  abort(reason: CloseReason): void
}

/** What policy says of how to observe. */
export type ObserveOptions = Pick<FlowOptions, 'captureBodyBytes' | 'observe'> & Partial<Pick<FlowOptions, 'redacted'>>

export interface Observation {
  readonly events: EventWriter
  readonly mcpSessions: McpSessions
  readonly session: ObservedSession
  readonly options: ObserveOptions
}

/** What names the exchange that an event belongs to. */
export interface ExchangeLabel {
  /** Number of the exchange within the flow, or the stream id. */
  readonly number: number
  /** Index of its protocol label. */
  readonly protocol: number
}
