/**
 * McpExchange: observes one HTTP exchange for MCP, by its headers first and its bodies second. Pure: time comes in. Worker
 * thread.
 *
 * Fed by the owner of the exchange: heads, request body, then the response as body octets (JSON) or as the events of an
 * EventStreamParser. Covers all revisions:
 *
 *     2024-11-05              GET opens an event stream whose first event is `endpoint`; POSTs to that URL are answered 202,
 *                             the answers come on the stream: another exchange, paired through McpSessions
 *     2025-03-26 … 2025-11-25 one endpoint: POST answered by JSON or events; GET listens, resumes (Last-Event-ID); DELETE ends;
 *                             Mcp-Session-Id on everything after `initialize`
 *     2026-07-28              POST only, no session; Mcp-Method and Mcp-Name mirror the body
 */

import { JSON_RPC_SNIFF_BYTES } from '../../../shared/limits/layers/json.ts'
import { UNDECIDED_MESSAGES } from '../../../shared/limits/layers/mcp.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../shared/side.ts'
import type { StreamEvent } from '../event-stream/stream-event.ts'
import type { JsonRpcMessage } from '../json-rpc/json-rpc-message.ts'
import { JsonRpcParser } from '../json-rpc/json-rpc-parser.ts'
import type { McpHandler, McpTransport } from './mcp-handler.ts'
import type { McpRequestHead, McpResponseHead } from './mcp-head.ts'
import { isMcpMessage, mirrorsHeaders, needsName } from './mcp-methods.ts'
import { McpPairs, type McpSessions } from './mcp-pairs.ts'

export class McpExchange {
  readonly #handler: McpHandler
  readonly #sessions: McpSessions
  readonly #head: McpRequestHead
  readonly #requestParser: JsonRpcParser
  readonly #responseParser: JsonRpcParser
  #pairs: McpPairs
  /** Nothing more is looked at: it is not MCP. */
  #ignored = false
  #transport: McpTransport | undefined
  /** Messages of a body that has not yet shown what it is. */
  #undecided: JsonRpcMessage[] = []
  #requestBytes = 0
  #response: McpResponseHead | undefined
  #sessionId: string
  #protocolVersion: string
  #batch = 0
  #asked = 0
  #settled = 0
  /** Events that were too large to be kept whole: each may have been an answer. */
  #unread = 0
  #now = 0
  #ended = false
  readonly #messages: [number, number] = [0, 0]

  constructor(handler: McpHandler, sessions: McpSessions, head: McpRequestHead) {
    this.#handler = handler
    this.#sessions = sessions
    this.#head = head
    this.#requestParser = new JsonRpcParser({ onJsonRpcMessage: (message) => this.#requestMessage(message) })
    this.#responseParser = new JsonRpcParser({ onJsonRpcMessage: (message) => this.#message(ORIGIN, message) })
    // That revision has no sessions: the field is to be ignored.
    this.#sessionId = mirrorsHeaders(head.protocolVersion) ? '' : head.sessionId
    this.#protocolVersion = head.protocolVersion
    const known = sessions.find(this.#sessionKey()) ?? sessions.find(endpointKey(head.authority, head.target))
    this.#pairs = known ?? new McpPairs()
    this.#recognizeHead(known !== undefined && head.sessionId === '')
  }

  /** The exchange is MCP; undefined while that is open. */
  get transport(): McpTransport | undefined {
    return this.#transport
  }

  /** It is certain that this exchange is not MCP: the owner need not feed it any more. */
  get ignored(): boolean {
    return this.#ignored
  }

  requestBody(bytes: Uint8Array, now: number): void {
    if (this.#ignored || this.#head.method !== 'POST') return
    this.#now = now
    // Cut where the sniffing ends, so that what is found does not depend on how the octets came.
    const sniffed = Math.max(0, Math.min(bytes.length, JSON_RPC_SNIFF_BYTES - this.#requestBytes))
    this.#requestBytes += bytes.length
    this.#requestParser.execute(bytes, 0, sniffed)
    const unlike = sniffed < bytes.length && !this.#requestParser.recognized
    if (this.#transport === undefined && (unlike || this.#requestParser.failed)) this.#ignored = true
    else if (sniffed < bytes.length) this.#requestParser.execute(bytes, sniffed)
  }

  requestEnd(): void {
    if (this.#ignored || this.#head.method !== 'POST') return
    if (this.#requestParser.batch) this.#batch = this.#requestParser.messages
    if (this.#transport === undefined) this.#ignored = true
    this.#undecided = []
  }

  responseHead(head: McpResponseHead): void {
    if (this.#ignored) return
    this.#response = head
    if (this.#transport === undefined && head.sessionId !== '') this.#recognize('streamable_http', 'header')
    if (this.#transport === undefined && !head.eventStream && this.#head.method === 'GET') this.#ignored = true
    if (head.sessionId !== '' && this.#transport !== undefined && !mirrorsHeaders(this.#head.protocolVersion)) {
      this.#sessionId = head.sessionId
      this.#sessions.keep(this.#sessionKey(), this.#pairs)
    }
  }

  /** Octets of a JSON answer, with every coding removed. */
  responseBody(bytes: Uint8Array, now: number): void {
    if (this.#transport === undefined || this.#response?.json !== true) return
    this.#now = now
    this.#responseParser.execute(bytes)
  }

  /** An event of an answer that is an event stream. */
  responseEvent(event: StreamEvent, now: number): void {
    if (this.#ignored) return
    this.#now = now
    if (event.type === 'endpoint' && event.index === 0 && this.#head.method === 'GET') {
      this.#endpoint(event)
    } else if (this.#transport === undefined) {
      // An event stream that somebody GETs and that begins otherwise is some other server's.
      this.#ignored = this.#head.method === 'GET'
    } else if (event.type === 'message' && event.truncated) {
      this.#unread++
    } else if (event.type === 'message') {
      this.#responseParser.reset()
      this.#responseParser.execute(event.bytes, event.dataStart, event.dataEnd)
    }
  }

  /** The exchange is over; `byClient`: the client closed or reset before the response had ended. */
  end(byClient: boolean): void {
    if (this.#transport === undefined || this.#ended) return
    this.#ended = true
    const unanswered = this.#transport === 'http_sse' ? 0 : Math.max(0, this.#asked - this.#settled - this.#unread)
    if (this.#head.method === 'DELETE' && this.#response !== undefined && this.#response.status < 300)
      this.#sessions.forget(this.#sessionKey())
    this.#handler.onMcpEnd({
      transport: this.#transport,
      sessionId: this.#sessionId,
      protocolVersion: this.#protocolVersion,
      lastEventId: this.#head.lastEventId,
      status: this.#response?.status ?? 0,
      messages: this.#messages,
      batch: this.#batch,
      unanswered,
      cancelled: byClient && unanswered > 0,
    })
  }

  #recognizeHead(toEndpoint: boolean): void {
    const head = this.#head
    if (toEndpoint && head.method === 'POST') this.#recognize('http_sse', 'header')
    else if (head.sessionId !== '' || head.protocolVersion !== '' || head.mcpMethod !== '') this.#recognize('streamable_http', 'header')
    else if (head.method === 'POST') this.#ignored = !head.json
    else this.#ignored = !(head.method === 'GET' && head.acceptsEvents)
  }

  #recognize(transport: McpTransport, evidence: 'header' | 'body' | 'event'): void {
    this.#transport = transport
    this.#handler.onMcpRecognized(transport, evidence)
    for (const message of this.#undecided) this.#message(CLIENT, message)
    this.#undecided = []
  }

  /** 2024-11-05: the server names the URL to POST to; what is asked there is answered here. */
  #endpoint(event: StreamEvent): void {
    if (this.#transport === undefined) this.#recognize('http_sse', 'event')
    const base = `http://${this.#head.authority}${this.#head.target}`
    if (!URL.canParse(event.data, base)) return
    const url = new URL(event.data, base)
    this.#sessions.keep(endpointKey(this.#head.authority, url.pathname + url.search), this.#pairs)
  }

  #requestMessage(message: JsonRpcMessage): void {
    if (this.#transport === undefined) {
      if (this.#undecided.length < UNDECIDED_MESSAGES) this.#undecided.push(message)
      if (isMcpMessage(message)) this.#recognize('streamable_http', 'body')
    } else {
      this.#message(CLIENT, message)
    }
  }

  #message(side: Side, message: JsonRpcMessage): void {
    this.#messages[side]++
    if (message.protocolVersion !== '') this.#protocolVersion = message.protocolVersion
    if (side === CLIENT) this.#compareMirrored(message)
    this.#handler.onMcpMessage(side, message)
    switch (message.kind) {
      case 'request':
        if (side === CLIENT) this.#asked++
        this.#pairs.ask({ side, id: message.id, method: message.method, name: message.name, askedAt: this.#now })
        break
      case 'response':
      case 'error':
        this.#settle(otherSide(side), message)
        break
      case 'notification':
        if (message.method === 'notifications/cancelled') this.#pairs.settle(side, message.requestId)
        break
    }
  }

  #settle(asker: Side, message: JsonRpcMessage): void {
    const request = this.#pairs.settle(asker, message.id)
    if (request === undefined) return
    if (asker === CLIENT) this.#settled++
    this.#handler.onMcpAnswer(request, message, this.#now - request.askedAt)
  }

  /**
   * "Servers MUST reject requests where the values … in the headers do not match": where the revision mirrors, by a field that is
   * there or by one that should be.
   */
  #compareMirrored(message: JsonRpcMessage): void {
    if (this.#requestParser.batch || (message.kind !== 'request' && message.kind !== 'notification')) return
    const { mcpMethod, mcpName, protocolVersion } = this.#head
    const required = mirrorsHeaders(protocolVersion) || mirrorsHeaders(message.method === 'initialize' ? '' : message.protocolVersion)
    if (mcpMethod !== message.method && (mcpMethod !== '' || required)) this.#handler.onMcpMismatch('mcp-method', mcpMethod, message.method)
    if (needsName(message.method) && mcpName !== message.name && (mcpName !== '' || required)) {
      this.#handler.onMcpMismatch('mcp-name', mcpName, message.name)
    }
    const inBody = message.method === 'initialize' ? '' : message.protocolVersion
    if (inBody !== '' && inBody !== protocolVersion) this.#handler.onMcpMismatch('mcp-protocol-version', protocolVersion, inBody)
  }

  #sessionKey(): string {
    return `${this.#head.authority} ${this.#sessionId}`
  }
}

function endpointKey(authority: string, target: string): string {
  return `${authority} endpoint ${target}`
}
