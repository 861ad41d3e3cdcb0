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
import type { FieldBlock, StreamEnd } from '../../shared/events/event-input.ts'
import type { Protocol } from '../../shared/events/protocols.ts'
import { SOURCE_ORIGIN } from '../../shared/events/record-writer.ts'
import { type FieldSection, latin1 } from '../../shared/http/field-section.ts'
import { CLIENT, ORIGIN, type Side } from '../../shared/side.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import type { Layer } from '../layers/layer.ts'
import { OpaqueLayer } from '../layers/opaque-layer.ts'
import { ExchangeObserver } from './exchange-observer.ts'
import type { Observation } from './observation.ts'
import { isRequestOfInterest, isResponseOfInterest } from './payload-interest.ts'
import { WebSocketExchange } from './websocket-exchange.ts'

export interface HttpObserverOptions {
  readonly observation: Observation
  /** A rule was broken: the flow's own terminal event names it too. */
  readonly onViolation: (code: string) => void
  /** The connection has left HTTP/1.1; `layer` reads what follows. Called within `onUpgrade`. */
  readonly onSwitch: (layer: Layer) => void
}

const SWITCHING_PROTOCOLS = 101
/** Where the status stands in a status line (RFC 9112 §4). */
const STATUS_START = 9
const STATUS_END = 12

/** What is kept of an exchange until it ends: what its terminal event says, and what reads its bodies. */
class OpenExchange implements StreamEnd {
  readonly method: string
  readonly startedAt: number
  protocol: Protocol
  payloads: ExchangeObserver | undefined = undefined
  websocket: WebSocketExchange | undefined = undefined
  /** Sec-WebSocket-Extensions and Sec-WebSocket-Protocol of a response that may switch. */
  extensions: string | undefined = undefined
  subprotocol: string | undefined = undefined
  /** Ended; its terminal event waits for decoders. */
  settling = false
  closeReason: CloseReason = 'completed'
  violation: string | undefined = undefined
  status = 0
  /** Octets of the request body and of the response body, or of WebSocket payload. */
  bytesClient = 0
  bytesOrigin = 0
  durationMs = 0
  ttfbMs = Number.NaN
  readonly code = -1
  opaque = false
  readonly detail = undefined

  constructor(method: string, startedAt: number, protocol: Protocol) {
    this.method = method
    this.startedAt = startedAt
    this.protocol = protocol
  }

  close(reason: CloseReason, now: number): void {
    this.closeReason = reason
    this.durationMs = now - this.startedAt
  }
}

export class HttpObserver implements HttpHandler {
  /** Called when the last exchange that was settling has been told. */
  onSettled: () => void = ignore
  readonly #observation: Observation
  readonly #onViolation: (code: string) => void
  readonly #onSwitch: (layer: Layer) => void
  readonly #open = new Map<number, OpenExchange>()
  /** The connection carries something that is read by nobody. */
  #isOpaque = false
  #settling = 0

  constructor(options: HttpObserverOptions) {
    this.#observation = options.observation
    this.#onViolation = options.onViolation
    this.#onSwitch = options.onSwitch
  }

  /** Exchanges that have not had their terminal event. */
  get openExchanges(): number {
    return this.#open.size
  }

  /** Nothing is under way. */
  get isQuiet(): boolean {
    return this.#open.size === 0 && !this.#isOpaque
  }

  /** No exchange that has ended still waits for a decoder. */
  get isSettled(): boolean {
    return this.#settling === 0
  }

  /** Calls `visit` with the label of each open exchange. */
  eachProtocol(visit: (protocol: Protocol) => void): void {
    for (const { protocol } of this.#open.values()) visit(protocol)
  }

  /** Completes the WebSocket turns in which nothing was said for `idleMs`. */
  flushIdle(now: number, idleMs: number): void {
    for (const { websocket } of this.#open.values()) websocket?.flushIdle(now, idleMs)
  }

  /** Waits for no decoder any more: every exchange that has ended gets its terminal event. */
  abandon(): void {
    for (const { payloads, settling } of [...this.#open.values()]) if (settling) payloads?.abandon()
  }

  onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const { events, flow, level, now } = this.#observation
    const { method } = head
    const open = new OpenExchange(method, now(), flow.protocol)
    this.#open.set(exchange, open)
    if (isRequestOfInterest(level, method, head)) this.#observe(exchange, open).onRequestHead(method, head)
    this.#relabel(open)
    events.requestHeaders(flow, exchange, head, open.startedAt, open.protocol)
    return undefined
  }

  onRequestBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    if (open.websocket !== undefined) {
      open.websocket.layer.execute(CLIENT, bytes)
      return
    }
    this.#bodyChunk('request_body_chunk', exchange, open, open.bytesClient, bytes)
    open.bytesClient += bytes.length
    if (open.payloads === undefined) return
    open.payloads.onRequestBody(bytes)
    this.#relabel(open)
  }

  onRequestTrailers(exchange: number, trailers: FieldSection): void {
    this.#trailers('request_trailers', exchange, trailers)
  }

  onRequestEnd(exchange: number): void {
    const open = this.#open.get(exchange)
    open?.payloads?.onRequestEnd()
    open?.websocket?.layer.finish(CLIENT)
  }

  onInformational(exchange: number, head: MessageHead): void {
    const { events, flow, now } = this.#observation
    events.informational(flow, exchange, head, now(), this.#open.get(exchange)?.protocol)
  }

  onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const { events, flow, level, now } = this.#observation
    const at = now()
    const open = this.#open.get(exchange)
    if (open !== undefined) {
      open.status = head.status
      open.ttfbMs = at - open.startedAt
      if (open.payloads !== undefined || isResponseOfInterest(level, head)) this.#observe(exchange, open).onResponseHead(head)
      if (head.status === SWITCHING_PROTOCOLS || (flow.multiplexed && open.method === 'CONNECT')) {
        open.extensions = head.fields.first('sec-websocket-extensions')
        open.subprotocol = head.fields.first('sec-websocket-protocol')
      }
      this.#relabel(open)
    }
    events.responseHeaders(flow, exchange, head, at, SOURCE_ORIGIN, open?.protocol)
    return undefined
  }

  /** Only the head is told: the body is ours. A message that was refused unread is no exchange: its answer is not told. */
  onReply(exchange: number, response: Uint8Array): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    const { events, flow, now } = this.#observation
    const status = statusOf(response)
    open.status = status
    open.ttfbMs = now() - open.startedAt
    const values = { status, version: 'HTTP/1.1', fields: fieldBlockOf(response), source: 'engine' } as const
    events.emit('response_headers', flow, values, now(), exchange, open.protocol)
  }

  onResponseBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    if (open.websocket !== undefined) {
      open.websocket.layer.execute(ORIGIN, bytes)
      return
    }
    this.#bodyChunk('response_body_chunk', exchange, open, open.bytesOrigin, bytes)
    open.bytesOrigin += bytes.length
    if (open.payloads === undefined) return
    open.payloads.onResponseBody(bytes)
    this.#relabel(open)
  }

  onResponseTrailers(exchange: number, trailers: FieldSection): void {
    this.#trailers('response_trailers', exchange, trailers)
  }

  onResponseEnd(exchange: number): void {
    const open = this.#open.get(exchange)
    open?.payloads?.onResponseEnd()
    open?.websocket?.layer.finish(ORIGIN)
  }

  onExchangeEnd(exchange: number, reason: CloseReason): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    // An HTTP/1.1 exchange that switched is over for HTTP; the connection that it became is not.
    if (open.websocket !== undefined) {
      if (this.#observation.flow.multiplexed) open.websocket.layer.abort(reason)
      return
    }
    open.close(reason, this.#observation.now())
    if (open.payloads === undefined || open.payloads.end(reason === 'client_reset' || reason === 'client_closed_early')) {
      this.#terminate(exchange, open)
      return
    }
    open.settling = true
    this.#settling++
  }

  /** `websocket` on an HTTP/2 stream: its layer calls this behind the response head (RFC 8441), and goes on with bodies. */
  onUpgrade(exchange: number, protocol: string): void {
    const { events, flow, level, now } = this.#observation
    const open = this.#open.get(exchange)
    events.emit('connection_upgraded', flow, { upgrade: protocol }, now(), exchange, open?.protocol)
    if (open !== undefined && protocol === 'websocket' && level !== 'none') {
      this.#openWebSocket(exchange, open)
    } else if (!flow.multiplexed) {
      this.#isOpaque = true
      this.#onSwitch(new OpaqueLayer())
    }
  }

  onViolation(exchange: number, _side: Side, violation: Violation): void {
    const open = this.#open.get(exchange)
    if (open !== undefined) open.violation = violation.code
    this.#onViolation(violation.code)
  }

  #observe(exchange: number, open: OpenExchange): ExchangeObserver {
    open.payloads ??= new ExchangeObserver(this.#observation, exchange, this.#onExchangeSettled)
    return open.payloads
  }

  #relabel(open: OpenExchange): void {
    if (open.payloads !== undefined) open.protocol = open.payloads.protocol
  }

  #openWebSocket(exchange: number, open: OpenExchange): void {
    const { flow } = this.#observation
    open.protocol = 'ws'
    if (!flow.multiplexed) flow.protocol = 'ws'
    open.websocket = new WebSocketExchange({
      observation: this.#observation,
      number: exchange,
      extensions: open.extensions,
      subprotocol: open.subprotocol,
      onViolation: (violation) => this.onViolation(exchange, CLIENT, violation),
      onEnd: (_number, reason) => this.#websocketEnded(exchange, open, reason),
    })
    if (!flow.multiplexed) this.#onSwitch(open.websocket.layer)
  }

  #websocketEnded(exchange: number, open: OpenExchange, reason: CloseReason): void {
    const { websocket } = open
    if (websocket !== undefined) {
      open.bytesClient = websocket.bytes[CLIENT]
      open.bytesOrigin = websocket.bytes[ORIGIN]
    }
    open.close(reason, this.#observation.now())
    this.#terminate(exchange, open)
  }

  readonly #onExchangeSettled = (exchange: number): void => {
    const open = this.#open.get(exchange)
    if (open === undefined || !open.settling) return
    this.#settling--
    this.#terminate(exchange, open)
    if (this.#settling === 0) this.onSettled()
  }

  #terminate(exchange: number, open: OpenExchange): void {
    const { events, flow, now } = this.#observation
    this.#open.delete(exchange)
    this.#relabel(open)
    events.streamClosed(flow, exchange, open, now(), open.protocol)
  }

  #trailers(name: 'request_trailers' | 'response_trailers', exchange: number, trailers: FieldSection): void {
    const { events, flow, now } = this.#observation
    events.emit(name, flow, { fields: trailers }, now(), exchange, this.#open.get(exchange)?.protocol)
  }

  #bodyChunk(
    name: 'request_body_chunk' | 'response_body_chunk',
    exchange: number,
    open: OpenExchange,
    offset: number,
    bytes: Uint8Array,
  ): void {
    const { captureBytes, events, flow, now } = this.#observation
    const room = captureBytes - offset
    const data = room <= 0 ? undefined : room >= bytes.length ? bytes : bytes.subarray(0, room)
    events.bodyChunk(name, flow, exchange, offset, bytes.length, data, now(), open.protocol)
  }
}

function ignore(): void {}

/** The digits of `HTTP/1.1 403`: our own answers are well-formed. */
function statusOf(response: Uint8Array): number {
  return Number(latin1(response, STATUS_START, STATUS_END))
}

/** The field lines of an answer of ours, from behind the status line to the last CRLF before the empty line. */
function fieldBlockOf(response: Uint8Array): FieldBlock {
  const bytes = Buffer.from(response.buffer, response.byteOffset, response.length)
  const start = bytes.indexOf('\r\n') + 2
  return { bytes, start, end: bytes.indexOf('\r\n\r\n') + 2 }
}
