/**
 * Attempt: one request of a client, or one connection that came to none, as the events tell it. And what a response asks of whoever
 * thinks of trying again. Pure. Main thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { EventOf } from '../../shared/events/event.ts'
import { isNotApplicable } from '../../shared/faults/not-applicable.ts'

/** What `fault_injected` said. */
export type Injected = EventOf<'fault_injected'>

export interface Attempt {
  readonly host: string
  readonly port: number
  /** CONNECT of a connection on which no request came. */
  readonly method: string
  /** Without its query; empty of a connection. */
  readonly path: string
  /** The client's own count of attempts at this, from 1; undefined where it tells none. */
  readonly number: number | undefined
  /** Monotonic, as all times here. */
  readonly startMs: number
  /** When the response's head came; undefined where none has. */
  answeredMs: number | undefined
  /** Undefined while it goes on. */
  endMs: number | undefined
  status: number | undefined
  reason: CloseReason | undefined
  /** The wait that the response asks for. */
  retryAfterMs: number | undefined
  /** What the response says by `x-should-retry`. */
  shouldRetry: boolean | undefined
  readonly faults: Injected[]
}

type Fields = readonly (readonly [string, string])[]

const FIRST_FAILURE = 400

/** Whether whoever made it has reason to make another. */
export function hasFailed(attempt: Attempt): boolean {
  if (attempt.endMs === undefined) return attempt.faults.some(isBreaking)
  if (attempt.status !== undefined && attempt.status >= FIRST_FAILURE) return true
  if (attempt.method === 'CONNECT') return attempt.reason !== 'relay_eof'
  return attempt.reason !== 'completed' || attempt.faults.some(isBreaking)
}

/** What leaves nothing out. */
const WHOLE_ACTIONS: ReadonlySet<string> = new Set(['delay', 'duplicate', 'reorder'])

/** Faults that only delay, or that leave the exchange whole, are no failure. */
function isBreaking({ kind, applied, intended, exchange, stream_id: stream }: Injected): boolean {
  // A connection's fault shows in how its exchanges end.
  if (exchange === undefined && stream === undefined) return false
  if (isNotApplicable(applied)) return false
  if (kind === 'first_byte_delay' || kind === 'h2_goaway') return false
  const { action = '', for_ms: stallMs } = (intended ?? {}) as { action?: string; for_ms?: number }
  if (WHOLE_ACTIONS.has(action)) return false
  return !(kind === 'sse' && (action === 'stall' || action === 'stall_with_pings') && (stallMs ?? 0) > 0)
}

/** `retry-after-ms` before `retry-after` (RFC 9110 §10.2.3: seconds, or a date). Undefined: no wait is asked for. */
export function retryAfterOf(fields: Fields, nowUnixMs: number): number | undefined {
  const exact = Number.parseFloat(fieldValue(fields, 'retry-after-ms') ?? '')
  if (exact >= 0) return exact
  const text = fieldValue(fields, 'retry-after')
  if (text === undefined) return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1_000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowUnixMs)
}

export function shouldRetryOf(fields: Fields): boolean | undefined {
  const text = fieldValue(fields, 'x-should-retry')
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** Clients that count tell it: the SDKs made by Stainless, those of AWS, gRPC. */
export function attemptNumberOf(fields: Fields): number | undefined {
  const retries = fieldValue(fields, 'x-stainless-retry-count') ?? fieldValue(fields, 'grpc-previous-rpc-attempts')
  if (retries !== undefined && /^\d+$/.test(retries)) return Number(retries) + 1
  const attempt = /\battempt=(\d+)/.exec(fieldValue(fields, 'amz-sdk-request') ?? '')
  return attempt === null ? undefined : Number(attempt[1])
}

function fieldValue(fields: Fields, name: string): string | undefined {
  return fields.find(([key]) => key.toLowerCase() === name)?.[1]
}
