/**
 * HttpObserver: turns what an HTTP layer tells into ring records, one instance per session. Worker thread.
 *
 * It observes only: it never gives a verdict. What each exchange needs until its terminal event is kept in a small record
 * per open exchange; nothing of a body is kept. Records are made in the order of the handler's calls.
 *
 * **An exchange's terminal event is its last**: it waits for the decoders of its bodies, and where the exchange became a WebSocket
 * connection for the end of that.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import { PROTOCOLS, type Protocol } from '../../shared/events/protocols.ts'
import { NO_STREAM } from '../../shared/events/record/record-descriptor.ts'
import { type EventWriter, SOURCE_ENGINE, SOURCE_ORIGIN } from '../../shared/events/record/record-writer.ts'
import { type FieldSection, latin1 } from '../../shared/http/field-section.ts'
import { CLIENT, ORIGIN, type Side } from '../../shared/side.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import { grpcProtocol } from '../layers/grpc/grpc-protocol.ts'
import { http3Authority } from '../layers/http/alt-svc.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import { MessageHead } from '../layers/http/message-head.ts'
import type { McpSessions } from '../layers/mcp/mcp-pairs.ts'
import { OpaqueLayer } from '../layers/opaque-layer.ts'
import { ExchangeObserver } from './exchange-observer.ts'
import type { Observation, ObservedSession, ObserveOptions } from './observation.ts'
import { NO_CODE, OpenExchange } from './open-exchange.ts'
import { GrpcCallEvents } from './payloads/grpc-call-events.ts'
import { isRequestOfInterest, isResponseOfInterest } from './payloads/payload-interest.ts'
import { WebSocketExchange } from './payloads/websocket-exchange.ts'
import { redactedHead, redactedSection } from './redacted-head.ts'

const SWITCHING_PROTOCOLS = 101
/** Where the status stands in a status line (RFC 9112 §4). */
const STATUS_START = 9
const STATUS_END = 12
const CRLF = '\r\n'
const COLON = 0x3a

const WEBSOCKET = PROTOCOLS.indexOf('ws')
const GRPC = PROTOCOLS.indexOf('grpc')
const HTTP3 = PROTOCOLS.indexOf('http3')

const HTTP3_LEFT = 1
const HTTP3_STRIPPED = 2

/** What all observers of a shard share. */
export interface ObserverContext {
  readonly events: EventWriter
  readonly mcpSessions: McpSessions
}

export class HttpObserver implements HttpHandler, Observation {
  readonly events: EventWriter
  readonly mcpSessions: McpSessions
  readonly session: ObservedSession
  /** How exchanges are observed of which no rule says otherwise. */
  readonly options: ObserveOptions
  /** How the exchange is observed that begins next. */
  #nextOptions: ObserveOptions
  /** Called when the last exchange that was settling has been told. */
  onSettled: () => void = ignore
  /** The exchange that began last: the only one, where requests are not pipelined. */
  #latest: OpenExchange | undefined = undefined
  /** Those that began before it and are still open. */
  #earlier: Map<number, OpenExchange> | undefined = undefined
  /** The connection carries something that nobody reads. */
  #isOpaque = false
  #settling = 0
  /** Which of HTTP3_LEFT and HTTP3_STRIPPED have been told. */
  #http3Told = 0

  constructor(context: ObserverContext, session: ObservedSession, options: ObserveOptions) {
    this.events = context.events
    this.mcpSessions = context.mcpSessions
    this.session = session
    this.options = this.#nextOptions = options
  }

  /** The exchange whose head comes next, and those after it, are observed by `options`; what is secret on the connection stays so. */
  observeNext(options: ObserveOptions): void {
    const { redacted } = this.options
    const isKept = redacted === undefined || redacted === options.redacted
    this.#nextOptions = isKept ? options : { ...options, redacted: [...redacted, ...(options.redacted ?? [])] }
  }

  /** Exchanges that have not had their terminal event. */
  get openExchanges(): number {
    return (this.#latest?.isOpen === true ? 1 : 0) + (this.#earlier?.size ?? 0)
  }

  /** Nothing is under way. */
  get isQuiet(): boolean {
    return this.openExchanges === 0 && !this.#isOpaque
  }

  /** No exchange that has ended still waits for a decoder. */
  get isSettled(): boolean {
    return this.#settling === 0
  }

  /** Calls `visit` with the label of each open exchange. */
  eachProtocol(visit: (protocol: Protocol) => void): void {
    this.#each(({ protocol }) => visit(PROTOCOLS[protocol] as Protocol))
  }

  /** Completes the WebSocket turns in which nothing was said for `idleMs`. */
  flushIdle(now: number, idleMs: number): void {
    this.#each(({ websocket }) => websocket?.flushIdle(now, idleMs))
  }

  /** Waits for no decoder any more: every exchange that has ended gets its terminal event. */
  abandon(): void {
    this.#each(({ payloads, settling }) => {
      if (settling) payloads?.abandon()
    })
  }

  onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const { now, flow } = this.session
    const { method } = head
    const open = this.#begin(exchange)
    open.open(exchange, method, flow.protocolIndex, now, this.#nextOptions)
    // Every call of gRPC and its kin is a POST: nothing else pays for the question.
    if (method === 'POST' && open.options.observe !== 'none') this.#recogniseCall(open, head)
    if (isRequestOfInterest(open.options.observe, method, head)) {
      this.#payloadsOf(open).onRequestHead(method, head)
      open.relabel()
    }
    this.events.requestHeaders(flow, exchange, this.#told(head, open), now, open.protocol)
    return undefined
  }

  onRequestBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    this.#bodyChunk('request_body_chunk', open, open.bytesClient, bytes)
    open.bytesClient += bytes.length
    open.grpc?.observer.execute(CLIENT, bytes)
    if (open.payloads === undefined) return
    open.payloads.onRequestBody(bytes)
    open.relabel()
  }

  onRequestTrailers(exchange: number, trailers: FieldSection): void {
    this.#trailers('request_trailers', exchange, trailers)
  }

  onRequestEnd(exchange: number): void {
    const open = this.#find(exchange)
    open?.payloads?.onRequestEnd()
    open?.grpc?.observer.finish(CLIENT)
  }

  onInformational(exchange: number, head: MessageHead): void {
    const { now, flow } = this.session
    const open = this.#find(exchange)
    this.events.informational(flow, exchange, this.#told(head, open), now, open?.protocol)
  }

  onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const { now, flow } = this.session
    const open = this.#find(exchange)
    if (open !== undefined) {
      open.status = head.status
      open.ttfbMs = now - open.startedAt
      open.grpc?.onResponseHead(head)
      if (open.payloads !== undefined || isResponseOfInterest(open.options.observe, head)) {
        this.#payloadsOf(open).onResponseHead(head)
        open.relabel()
      }
      if (head.status === SWITCHING_PROTOCOLS || open.method === 'CONNECT') {
        open.extensions = head.fields.first('sec-websocket-extensions')
        open.subprotocol = head.fields.first('sec-websocket-protocol')
      }
    }
    this.events.responseHeaders(flow, exchange, this.#told(head, open), now, SOURCE_ORIGIN, open?.protocol)
    const altSvc = head.fields.first('alt-svc')
    if (altSvc !== undefined) this.#tellHttp3(exchange, altSvc, 'field', open?.stripsAltSvc === true)
    return undefined
  }

  onAltSvcStripped(exchange: number): void {
    const open = this.#find(exchange)
    if (open !== undefined) open.stripsAltSvc = true
  }

  onAltSvc(exchange: number, value: string, stripped: boolean): void {
    this.#tellHttp3(exchange === 0 ? NO_STREAM : exchange, value, 'frame', stripped)
  }

  /** Only the head is told: the body is ours. A message that was refused unread is no exchange: its answer is not told. */
  onReply(exchange: number, response: Uint8Array): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    const { now, flow } = this.session
    const head = replyHead(response, flow.multiplexed ? 20 : 11)
    open.status = head.status
    open.ttfbMs = now - open.startedAt
    open.grpc?.onResponseHead(head)
    this.events.responseHeaders(flow, exchange, this.#told(head, open), now, SOURCE_ENGINE, open.protocol)
  }

  onResponseBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    this.#bodyChunk('response_body_chunk', open, open.bytesOrigin, bytes)
    open.bytesOrigin += bytes.length
    open.grpc?.observer.execute(ORIGIN, bytes)
    if (open.payloads === undefined) return
    open.payloads.onResponseBody(bytes)
    open.relabel()
  }

  onResponseTrailers(exchange: number, trailers: FieldSection): void {
    this.#trailers('response_trailers', exchange, trailers)
    this.#find(exchange)?.grpc?.observer.onResponseTrailers(trailers)
  }

  onResponseEnd(exchange: number): void {
    const open = this.#find(exchange)
    open?.payloads?.onResponseEnd()
    open?.grpc?.observer.finish(ORIGIN)
  }

  onExchangeEnd(exchange: number, reason: CloseReason, code = NO_CODE): void {
    const open = this.#find(exchange)
    // An exchange that switched is over for HTTP; the connection that it became is not.
    if (open === undefined || open.websocket !== undefined) return
    open.close(reason, code, this.session.now)
    if (open.payloads === undefined || open.payloads.end(reason === 'client_reset' || reason === 'client_closed_early')) {
      this.#terminate(open)
      return
    }
    open.settling = true
    this.#settling++
  }

  onUpgrade(exchange: number, protocol: string): void {
    const { now, flow } = this.session
    const open = this.#find(exchange)
    this.events.emit('connection_upgraded', flow, { upgrade: protocol }, now, exchange, open?.protocol)
    if (open !== undefined && protocol === 'websocket' && open.options.observe !== 'none') {
      this.#openWebSocket(open)
    } else if (!flow.multiplexed) {
      this.#isOpaque = true
      this.session.switchTo(exchange, new OpaqueLayer())
    }
  }

  onViolation(exchange: number, _side: Side, violation: Violation): void {
    const open = this.#find(exchange)
    if (open !== undefined) open.violation = violation.code
    this.session.violation = violation.code
  }

  #find(exchange: number): OpenExchange | undefined {
    const latest = this.#latest
    if (latest?.exchange === exchange) return latest.isOpen ? latest : undefined
    return this.#earlier?.get(exchange)
  }

  /** The record for an exchange that begins, or whose head is told anew. */
  #begin(exchange: number): OpenExchange {
    const latest = this.#latest
    if (latest !== undefined && (!latest.isOpen || latest.exchange === exchange)) return latest
    if (latest !== undefined) {
      this.#earlier ??= new Map()
      this.#earlier.set(latest.exchange, latest)
    }
    this.#latest = new OpenExchange(this.#nextOptions)
    return this.#latest
  }

  #each(visit: (open: OpenExchange) => void): void {
    const { openExchanges } = this
    if (openExchanges === 0) return
    const latest = this.#latest
    if (this.#earlier !== undefined) for (const open of this.#earlier.values()) visit(open)
    if (latest?.isOpen === true) visit(latest)
  }

  #payloadsOf(open: OpenExchange): ExchangeObserver {
    open.payloads ??= new ExchangeObserver(this.#observationOf(open), open.exchange, this.#onExchangeSettled)
    return open.payloads
  }

  /** The terminal event of an exchange: nothing of it follows. */
  #terminate(open: OpenExchange): void {
    open.relabel()
    open.grpc?.observer.end(open.closeReason)
    open.isOpen = false
    if (open !== this.#latest) this.#earlier?.delete(open.exchange)
    this.events.streamClosed(this.session.flow, open.exchange, open, this.session.now, open.protocol)
    open.payloads = undefined
    open.websocket = undefined
    open.grpc = undefined
  }

  #recogniseCall(open: OpenExchange, head: MessageHead): void {
    const protocol = grpcProtocol(head.fields)
    if (protocol === undefined) return
    open.protocol = GRPC
    open.grpc = new GrpcCallEvents(this.#observationOf(open), { number: open.exchange, protocol: GRPC }, protocol, head)
  }

  readonly #onExchangeSettled = (exchange: number): void => {
    const open = this.#find(exchange)
    if (open === undefined || !open.settling) return
    this.#settling--
    this.#terminate(open)
    if (this.#settling === 0) this.onSettled()
  }

  #openWebSocket(open: OpenExchange): void {
    const { flow } = this.session
    open.protocol = WEBSOCKET
    if (!flow.multiplexed) flow.protocolIndex = WEBSOCKET
    const websocket = new WebSocketExchange(this.#observationOf(open), open.exchange, open.extensions, open.subprotocol, {
      onViolation: (violation) => this.onViolation(open.exchange, CLIENT, violation),
      onEnd: (reason) => {
        open.bytesClient = websocket.bytes[CLIENT]
        open.bytesOrigin = websocket.bytes[ORIGIN]
        open.close(reason, NO_CODE, this.session.now)
        this.#terminate(open)
      },
    })
    open.websocket = websocket
    this.session.switchTo(open.exchange, websocket.layer)
  }

  /** Origins repeat the offer with every response: it is told once per flow, and again where something else is done about it. */
  #tellHttp3(exchange: number, value: string, source: 'field' | 'frame', stripped: boolean): void {
    const told = stripped ? HTTP3_STRIPPED : HTTP3_LEFT
    if ((this.#http3Told & told) !== 0) return
    const authority = http3Authority(value)
    if (authority === undefined) return
    this.#http3Told |= told
    const { flow, now } = this.session
    const values = { source, action: stripped ? 'stripped' : 'left', authority, value } as const
    this.events.emit('http3_passthrough', flow, values, now, exchange, HTTP3)
  }

  #trailers(name: 'request_trailers' | 'response_trailers', exchange: number, trailers: FieldSection): void {
    const { now, flow } = this.session
    const open = this.#find(exchange)
    const { redacted } = open?.options ?? this.options
    const fields = redacted === undefined ? trailers : redactedSection(trailers, redacted)
    this.events.emit(name, flow, { fields }, now, exchange, open?.protocol)
  }

  /** What the readers of an exchange share: mostly what all of the session do. */
  #observationOf({ options }: OpenExchange): Observation {
    if (options === this.options) return this
    const { events, mcpSessions, session } = this
    return { events, mcpSessions, session, options }
  }

  /** The head as events may tell it. */
  #told(head: MessageHead, open: OpenExchange | undefined): MessageHead {
    const { redacted } = open?.options ?? this.options
    return redacted === undefined ? head : redactedHead(head, redacted)
  }

  #bodyChunk(name: 'request_body_chunk' | 'response_body_chunk', open: OpenExchange, offset: number, bytes: Uint8Array): void {
    const room = open.options.captureBodyBytes - offset
    const data = room <= 0 ? undefined : room >= bytes.length ? bytes : bytes.subarray(0, room)
    this.events.bodyChunk(name, this.session.flow, open.exchange, offset, bytes.length, data, this.session.now, open.protocol)
  }
}

function ignore(): void {}

/** The head of an answer of ours, which is well-formed: each line one field, without space around its value but the one in front. */
function replyHead(response: Uint8Array, version: number): MessageHead {
  const bytes = Buffer.from(response.buffer, response.byteOffset, response.length)
  const head = new MessageHead()
  head.version = version
  head.status = Number(latin1(bytes, STATUS_START, STATUS_END))
  let at = bytes.indexOf(CRLF) + CRLF.length
  head.fields.reset(bytes, at)
  for (let end = bytes.indexOf(CRLF, at); end > at; end = bytes.indexOf(CRLF, at)) {
    const colon = bytes.indexOf(COLON, at)
    head.fields.add(at, colon, colon + 2, end)
    at = end + CRLF.length
  }
  head.fields.end = at
  return head
}
