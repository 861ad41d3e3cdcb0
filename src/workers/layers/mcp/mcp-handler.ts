/**
 * What the MCP observer tells of one exchange. Worker thread; called synchronously.
 *
 *     onMcpRecognized → (onMcpMessage onMcpAnswer? | onMcpMismatch)* → onMcpEnd      nothing at all where it is not MCP
 */

import type { Side } from '../../../shared/side.ts'
import type { JsonRpcMessage } from '../json-rpc/json-rpc-message.ts'
import type { PendingRequest } from './mcp-pairs.ts'

/** `http_sse` is the transport of 2024-11-05; flows of either are labelled `streamable_http`. */
export type McpTransport = 'streamable_http' | 'http_sse'

/** A mirrored header field that differs from the body, or is missing though the revision requires it (−32001 HeaderMismatch). */
export type McpMirrored = 'mcp-method' | 'mcp-name' | 'mcp-protocol-version'

export interface McpSummary {
  readonly transport: McpTransport
  readonly sessionId: string
  readonly protocolVersion: string
  /** The client resumed a stream after this event. */
  readonly lastEventId: string
  /** Status of the response; 0 where there was none. */
  readonly status: number
  /** Messages of the client (index `CLIENT`) and of the server in this exchange. */
  readonly messages: readonly [number, number]
  /** Messages in the request's batch; 0 where it was none (batches: 2025-03-26 only). */
  readonly batch: number
  /** Requests of this exchange that had no answer when it ended. */
  readonly unanswered: number
  /** The client closed while an answer was due: from 2026-07-28 on that *is* cancellation. */
  readonly cancelled: boolean
}

export interface McpHandler {
  onMcpRecognized(transport: McpTransport, evidence: 'header' | 'body' | 'event'): void
  onMcpMessage(side: Side, message: JsonRpcMessage): void
  /** `message`, by the other side, settles `request` after `waitedMs`. Follows the `onMcpMessage` of the answer. */
  onMcpAnswer(request: PendingRequest, message: JsonRpcMessage, waitedMs: number): void
  onMcpMismatch(field: McpMirrored, inHeader: string, inBody: string): void
  onMcpEnd(summary: McpSummary): void
}
