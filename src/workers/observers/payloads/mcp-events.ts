/**
 * McpEvents: what the MCP observer of one exchange tells, as ring records. Worker thread.
 *
 * A message and what is known of it (the request that it answers, mirrored fields that differ) come in several calls and
 * leave as one event, so a message is held until the next one, or until the owner has fed all it had (`flush`).
 */

import { SIDE_NAMES, type Side } from '../../../shared/side.ts'
import type { JsonRpcMessage } from '../../layers/json-rpc/json-rpc-message.ts'
import type { McpHandler, McpMirrored, McpSummary } from '../../layers/mcp/mcp-handler.ts'
import type { PendingRequest } from '../../layers/mcp/mcp-pairs.ts'
import type { ExchangeLabel, Observation } from '../observation.ts'

export class McpEvents implements McpHandler {
  readonly #observation: Observation
  readonly #exchange: ExchangeLabel
  #side: Side = 0
  #message: JsonRpcMessage | undefined = undefined
  #answered: PendingRequest | undefined = undefined
  #waitedMs = 0
  #mismatches: [McpMirrored, string, string][] = []

  constructor(observation: Observation, exchange: ExchangeLabel) {
    this.#observation = observation
    this.#exchange = exchange
  }

  onMcpRecognized(): void {}

  /** Comes before the message that it is about. */
  onMcpMismatch(field: McpMirrored, inHeader: string, inBody: string): void {
    this.flush()
    this.#mismatches.push([field, inHeader, inBody])
  }

  onMcpMessage(side: Side, message: JsonRpcMessage): void {
    this.flush()
    this.#side = side
    this.#message = message
  }

  onMcpAnswer(request: PendingRequest, _message: JsonRpcMessage, waitedMs: number): void {
    this.#answered = request
    this.#waitedMs = waitedMs
  }

  onMcpEnd(summary: McpSummary): void {
    this.flush()
    const { events, session } = this.#observation
    const { number, protocol } = this.#exchange
    const values = {
      transport: summary.transport,
      protocol_version: known(summary.protocolVersion),
      session_id: known(summary.sessionId),
      last_event_id: known(summary.lastEventId),
      status: summary.status === 0 ? undefined : summary.status,
      messages_client: summary.messages[0],
      messages_origin: summary.messages[1],
      batch: summary.batch,
      unanswered: summary.unanswered,
      cancelled: summary.cancelled,
    }
    events.emit('mcp_exchange', session.flow, values, session.now, number, protocol)
  }

  /** Tells the message in hand. */
  flush(): void {
    const message = this.#message
    if (message === undefined) return
    const answered = this.#answered
    const { events, session } = this.#observation
    const { number, protocol } = this.#exchange
    const values = {
      side: SIDE_NAMES[this.#side],
      kind: message.kind,
      method: known(message.method),
      id: message.id,
      name: known(message.name || message.peerName || (answered?.name ?? '')),
      protocol_version: known(message.protocolVersion),
      tool_error: message.toolError ? true : undefined,
      error_code: message.errorCode,
      error_message: known(message.errorMessage),
      answers: answered?.method,
      waited_ms: answered === undefined ? undefined : this.#waitedMs,
      mismatches: this.#mismatches.length === 0 ? undefined : this.#mismatches,
    }
    this.#message = this.#answered = undefined
    this.#mismatches = []
    events.emit('mcp_message', session.flow, values, session.now, number, protocol)
  }
}

/** Empty texts are absent fields. */
function known(text: string): string | undefined {
  return text === '' ? undefined : text
}
