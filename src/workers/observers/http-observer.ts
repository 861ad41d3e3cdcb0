/**
 * HttpObserver: turns what an HTTP layer tells into ring records, one instance per session. Worker thread.
 *
 * It observes only: it never gives a verdict. What each exchange needs until its terminal event is kept in a small record
 * per open exchange; nothing of a body is kept. Records are made in the order of the handler's calls.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { FieldBlock, StreamEnd } from '../../shared/events/event-input.ts'
import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { EventWriter } from '../../shared/events/record-writer.ts'
import { type FieldSection, latin1 } from '../../shared/http/field-section.ts'
import type { Side } from '../../shared/side.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'

export interface HttpObserverOptions {
  readonly events: EventWriter
  readonly flow: FlowCursor
  /** Octets of each body to put into body chunk events. */
  readonly captureBytes: number
  /** The session's clock, ms: one reading per socket read, not per event. */
  readonly now: () => number
  /** A rule was broken: the flow's own terminal event names it too. */
  readonly onViolation: (code: string) => void
}

/** Where the status stands in a status line (RFC 9112 §4). */
const STATUS_START = 9
const STATUS_END = 12

/** What is kept of an exchange until it ends: what its terminal event says. */
class OpenExchange implements StreamEnd {
  readonly method: string
  readonly startedAt: number
  closeReason: CloseReason = 'completed'
  violation: string | undefined = undefined
  status = 0
  /** Octets of the request body and of the response body. */
  bytesClient = 0
  bytesOrigin = 0
  durationMs = 0
  ttfbMs = Number.NaN
  readonly code = -1
  opaque = false
  readonly detail = undefined

  constructor(method: string, startedAt: number) {
    this.method = method
    this.startedAt = startedAt
  }

  close(reason: CloseReason, now: number): void {
    this.closeReason = reason
    this.durationMs = now - this.startedAt
  }
}

export class HttpObserver implements HttpHandler {
  readonly #events: EventWriter
  readonly #flow: FlowCursor
  readonly #captureBytes: number
  readonly #now: () => number
  readonly #onViolation: (code: string) => void
  readonly #open = new Map<number, OpenExchange>()

  constructor(options: HttpObserverOptions) {
    this.#events = options.events
    this.#flow = options.flow
    this.#captureBytes = options.captureBytes
    this.#now = options.now
    this.#onViolation = options.onViolation
  }

  /** Exchanges that have not had their terminal event. */
  get openExchanges(): number {
    return this.#open.size
  }

  onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const now = this.#now()
    this.#open.set(exchange, new OpenExchange(head.method, now))
    this.#events.requestHeaders(this.#flow, exchange, head, now)
    return undefined
  }

  onRequestBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    this.#bodyChunk('request_body_chunk', exchange, open.bytesClient, bytes)
    open.bytesClient += bytes.length
  }

  onRequestTrailers(exchange: number, trailers: FieldSection): void {
    this.#events.emit('request_trailers', this.#flow, { fields: trailers }, this.#now(), exchange)
  }

  onRequestEnd(_exchange: number): void {}

  onInformational(exchange: number, head: MessageHead): void {
    this.#events.informational(this.#flow, exchange, head, this.#now())
  }

  onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const now = this.#now()
    const open = this.#open.get(exchange)
    if (open !== undefined) {
      open.status = head.status
      open.ttfbMs = now - open.startedAt
    }
    this.#events.responseHeaders(this.#flow, exchange, head, now)
    return undefined
  }

  /** Only the head is told: the body is ours. A message that was refused unread is no exchange: its answer is not told. */
  onReply(exchange: number, response: Uint8Array): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    const now = this.#now()
    const status = statusOf(response)
    open.status = status
    open.ttfbMs = now - open.startedAt
    const fields = fieldBlockOf(response)
    this.#events.emit('response_headers', this.#flow, { status, version: 'HTTP/1.1', fields, source: 'engine' }, now, exchange)
  }

  onResponseBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    this.#bodyChunk('response_body_chunk', exchange, open.bytesOrigin, bytes)
    open.bytesOrigin += bytes.length
  }

  onResponseTrailers(exchange: number, trailers: FieldSection): void {
    this.#events.emit('response_trailers', this.#flow, { fields: trailers }, this.#now(), exchange)
  }

  onResponseEnd(_exchange: number): void {}

  onExchangeEnd(exchange: number, reason: CloseReason): void {
    const open = this.#open.get(exchange)
    if (open === undefined) return
    this.#open.delete(exchange)
    const now = this.#now()
    open.close(reason, now)
    this.#events.streamClosed(this.#flow, exchange, open, now)
  }

  onUpgrade(exchange: number, protocol: string): void {
    this.#events.emit('connection_upgraded', this.#flow, { upgrade: protocol }, this.#now(), exchange)
  }

  onViolation(exchange: number, _side: Side, violation: Violation): void {
    const open = this.#open.get(exchange)
    if (open !== undefined) open.violation = violation.code
    this.#onViolation(violation.code)
  }

  #bodyChunk(name: 'request_body_chunk' | 'response_body_chunk', exchange: number, offset: number, bytes: Uint8Array): void {
    const room = this.#captureBytes - offset
    const data = room <= 0 ? undefined : room >= bytes.length ? bytes : bytes.subarray(0, room)
    this.#events.bodyChunk(name, this.#flow, exchange, offset, bytes.length, data, this.#now())
  }
}

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
