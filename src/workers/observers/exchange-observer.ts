/**
 * ExchangeObserver: what the bodies of one HTTP exchange carry: decides by the heads what is worth reading, feeds the payload
 * observers, ends them with the exchange. Of HTTP/1.1 exchanges and HTTP/2 streams alike. Worker thread.
 *
 *     heads ─────────┬──────────────▶ McpExchange, LlmExchange        (by their fields, the path, the media types)
 *     body octets ──▶ ObservedBody ─▶ events, JSON ──▶ both of them
 */

import { PROTOCOLS } from '../../shared/events/protocols.ts'
import type { FieldSection } from '../../shared/http/field-section.ts'
import { CLIENT, ORIGIN, type Side } from '../../shared/side.ts'
import type { StreamEvent } from '../layers/event-stream/stream-event.ts'
import { mediaType } from '../layers/http/media-type.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { LlmExchange } from '../layers/llm/llm-exchange.ts'
import { McpExchange } from '../layers/mcp/mcp-exchange.ts'
import { readMcpRequest, readMcpResponse } from '../layers/mcp/mcp-head.ts'
import { type BodyKind, bodyKind } from '../layers/payload/body-kind.ts'
import type { Observation } from './observation.ts'
import { LlmEvents } from './payloads/llm-events.ts'
import { McpEvents } from './payloads/mcp-events.ts'
import { type BodyOwner, ObservedBody } from './payloads/observed-body.ts'

const SSE = PROTOCOLS.indexOf('sse')
const STREAMABLE_HTTP = PROTOCOLS.indexOf('streamable_http')
const PARTIAL_CONTENT = 206

export class ExchangeObserver implements BodyOwner {
  readonly number: number
  readonly #observation: Observation
  readonly #onSettled: (exchange: number) => void
  #mcp: McpExchange | undefined = undefined
  #mcpEvents: McpEvents | undefined = undefined
  #llm: LlmExchange | undefined = undefined
  #request: ObservedBody | undefined = undefined
  #response: ObservedBody | undefined = undefined
  #isEventStream = false
  /** The exchange has ended; its client closed first. */
  #over = false
  #byClient = false
  /** The owner was told to wait. */
  #awaited = false
  #concluded = false

  /** `onSettled` is called where `end` could not tell all at once, when that has been done. */
  constructor(observation: Observation, number: number, onSettled: (exchange: number) => void) {
    this.#observation = observation
    this.number = number
    this.#onSettled = onSettled
  }

  /** The label of the exchange's events: the most special of what it has turned out to be. */
  get protocol(): number {
    if (this.#mcp?.transport !== undefined) return STREAMABLE_HTTP
    return this.#isEventStream ? SSE : this.#observation.session.flow.protocolIndex
  }

  onRequestHead(method: string, head: MessageHead): void {
    const { fields, target } = head
    const contentType = fields.first('content-type')
    const mcpEvents = new McpEvents(this.#observation, this)
    const mcp = new McpExchange(mcpEvents, this.#observation.mcpSessions, readMcpRequest(method, target, head.authority, fields))
    const llm = new LlmExchange(
      new LlmEvents(this.#observation, this),
      method,
      target,
      mediaType(contentType),
      this.#observation.session.now,
    )
    if (!mcp.ignored) {
      this.#mcp = mcp
      this.#mcpEvents = mcpEvents
    }
    if (!llm.ignored) this.#llm = llm
    if (this.#wants(bodyKind(contentType), head)) this.#request = this.#body(CLIENT, contentType, fields)
  }

  onRequestBody(bytes: Uint8Array): void {
    this.#request?.execute(bytes)
  }

  onRequestEnd(): void {
    this.#llm?.requestSent(this.#observation.session.now)
    if (this.#request === undefined) this.onBodyEnd(CLIENT)
    else this.#request.finish()
  }

  onResponseHead(head: MessageHead): void {
    const { fields, status } = head
    const contentType = fields.first('content-type')
    this.#mcp?.responseHead(readMcpResponse(status, fields))
    this.#llm?.responseHead(status, mediaType(contentType))
    this.#dropIgnored()
    const kind = bodyKind(contentType)
    this.#isEventStream = kind === 'event_stream' && head.framing !== 'none'
    if (this.#wants(kind, head)) this.#response = this.#body(ORIGIN, contentType, fields)
  }

  onResponseBody(bytes: Uint8Array): void {
    this.#response?.execute(bytes)
  }

  onResponseEnd(): void {
    this.#response?.finish()
  }

  /** The exchange is over; `byClient`: the client closed or reset first. False where a decoder is still at work. */
  end(byClient: boolean): boolean {
    this.#byClient = byClient
    this.#request?.finish()
    this.#response?.finish()
    this.#over = true
    this.#awaited = !this.#conclude()
    return !this.#awaited
  }

  /** Waits for no decoder any more. After `end`. */
  abandon(): void {
    this.#request?.abandon()
    this.#response?.abandon()
  }

  onBodyEvent(event: StreamEvent): void {
    const now = this.#observation.session.now
    if (this.#mcp !== undefined) {
      this.#mcp.responseEvent(event, now)
      this.#mcpEvents?.flush()
    }
    this.#llm?.responseEvent(event, now)
    // A stream may live for days: what has seen that it is none of its business goes at the first events.
    this.#dropIgnored()
  }

  onBodyJson(side: Side, bytes: Uint8Array): void {
    const now = this.#observation.session.now
    if (this.#mcp !== undefined) {
      if (side === CLIENT) this.#mcp.requestBody(bytes, now)
      else this.#mcp.responseBody(bytes, now)
      this.#mcpEvents?.flush()
    }
    if (side === CLIENT) this.#llm?.requestBody(bytes)
    else this.#llm?.responseBody(bytes, now)
  }

  onBodyEnd(side: Side): void {
    if (side === CLIENT) {
      this.#mcp?.requestEnd()
      this.#llm?.requestEnd()
      this.#dropIgnored()
    }
    if (this.#awaited && this.#conclude()) this.#onSettled(this.number)
  }

  /** Ends what reads across bodies, once the last of them is through. */
  #conclude(): boolean {
    if (this.#concluded) return true
    if (!this.#over || this.#request?.ended === false || this.#response?.ended === false) return false
    this.#concluded = true
    this.#mcp?.end(this.#byClient)
    this.#llm?.end()
    return true
  }

  #wants(kind: BodyKind, head: MessageHead): boolean {
    // A part of a representation is no representation: nothing in it can be counted on to be whole (RFC 9110 §15.3.7).
    if (head.framing === 'none' || kind === 'opaque' || head.status === PARTIAL_CONTENT) return false
    if (kind === 'event_stream' || this.#observation.options.observe === 'bodies') return true
    return kind === 'json' && (this.#mcp !== undefined || this.#llm !== undefined)
  }

  #body(side: Side, contentType: string | undefined, fields: FieldSection): ObservedBody {
    const hasReaders = this.#mcp !== undefined || this.#llm !== undefined
    return new ObservedBody(this.#observation, this, { side, contentType, contentEncoding: codingsOf(fields), hasReaders })
  }

  #dropIgnored(): void {
    if (this.#mcp?.ignored === true) this.#mcp = this.#mcpEvents = undefined
    if (this.#llm?.ignored === true) this.#llm = undefined
  }
}

/** All lines of Content-Encoding, joined as RFC 9110 §5.3 allows; `undefined` where there is none. */
function codingsOf(fields: FieldSection): string | undefined {
  let joined = fields.first('content-encoding')
  if (joined === undefined) return undefined
  for (let line = fields.find('content-encoding') + 1; line > 0 && line < fields.count; line++) {
    if (fields.isNamed(line, 'content-encoding')) joined += `, ${fields.value(line)}`
  }
  return joined
}
