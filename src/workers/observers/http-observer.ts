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

/** What the observer knows of the session that it observes. */
export interface ObservedSession {
  readonly flow: FlowCursor
  /** The session's clock, ms: one reading per socket read, not per event. */
  readonly now: number
  /** The rule that was broken last: the flow's own terminal event names it too. */
  violation: string | undefined
}

/** Where the status stands in a status line (RFC 9112 §4). */
const STATUS_START = 9
const STATUS_END = 12

/** No RST_STREAM ended the exchange. */
const NO_CODE = -1

/** What is kept of an exchange until it ends: what its terminal event says. Reused by the session's next exchange. */
class OpenExchange implements StreamEnd {
  exchange = -1
  isOpen = false
  method = ''
  startedAt = 0
  closeReason: CloseReason = 'completed'
  violation: string | undefined = undefined
  status = 0
  /** Octets of the request body and of the response body. */
  bytesClient = 0
  bytesOrigin = 0
  durationMs = 0
  ttfbMs = Number.NaN
  code = NO_CODE
  readonly opaque = false
  readonly detail = undefined

  open(exchange: number, method: string, now: number): void {
    this.exchange = exchange
    this.isOpen = true
    this.method = method
    this.startedAt = now
    this.violation = undefined
    this.status = 0
    this.bytesClient = 0
    this.bytesOrigin = 0
    this.ttfbMs = Number.NaN
  }

  close(reason: CloseReason, code: number, now: number): void {
    this.isOpen = false
    this.closeReason = reason
    this.code = code
    this.durationMs = now - this.startedAt
  }
}

export class HttpObserver implements HttpHandler {
  readonly #events: EventWriter
  readonly #session: ObservedSession
  readonly #captureBytes: number
  /** The exchange that began last: the only one, where requests are not pipelined. */
  #latest: OpenExchange | undefined = undefined
  /** Those that began before it and are still open. */
  #earlier: Map<number, OpenExchange> | undefined = undefined

  /** `captureBytes`: octets of each body to put into body chunk events. */
  constructor(events: EventWriter, session: ObservedSession, captureBytes: number) {
    this.#events = events
    this.#session = session
    this.#captureBytes = captureBytes
  }

  /** Exchanges that have not had their terminal event. */
  get openExchanges(): number {
    return (this.#latest?.isOpen === true ? 1 : 0) + (this.#earlier?.size ?? 0)
  }

  onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const { now, flow } = this.#session
    this.#begin(exchange).open(exchange, head.method, now)
    this.#events.requestHeaders(flow, exchange, head, now)
    return undefined
  }

  onRequestBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    this.#bodyChunk('request_body_chunk', exchange, open.bytesClient, bytes)
    open.bytesClient += bytes.length
  }

  onRequestTrailers(exchange: number, trailers: FieldSection): void {
    this.#events.emit('request_trailers', this.#session.flow, { fields: trailers }, this.#session.now, exchange)
  }

  onRequestEnd(_exchange: number): void {}

  onInformational(exchange: number, head: MessageHead): void {
    this.#events.informational(this.#session.flow, exchange, head, this.#session.now)
  }

  onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const { now, flow } = this.#session
    const open = this.#find(exchange)
    if (open !== undefined) {
      open.status = head.status
      open.ttfbMs = now - open.startedAt
    }
    this.#events.responseHeaders(flow, exchange, head, now)
    return undefined
  }

  /** Only the head is told: the body is ours. A message that was refused unread is no exchange: its answer is not told. */
  onReply(exchange: number, response: Uint8Array): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    const { now, flow } = this.#session
    const status = statusOf(response)
    open.status = status
    open.ttfbMs = now - open.startedAt
    const fields = fieldBlockOf(response)
    this.#events.emit('response_headers', flow, { status, version: 'HTTP/1.1', fields, source: 'engine' }, now, exchange)
  }

  onResponseBody(exchange: number, bytes: Uint8Array): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    this.#bodyChunk('response_body_chunk', exchange, open.bytesOrigin, bytes)
    open.bytesOrigin += bytes.length
  }

  onResponseTrailers(exchange: number, trailers: FieldSection): void {
    this.#events.emit('response_trailers', this.#session.flow, { fields: trailers }, this.#session.now, exchange)
  }

  onResponseEnd(_exchange: number): void {}

  onExchangeEnd(exchange: number, reason: CloseReason, code = NO_CODE): void {
    const open = this.#find(exchange)
    if (open === undefined) return
    const { now, flow } = this.#session
    open.close(reason, code, now)
    if (open !== this.#latest) this.#earlier?.delete(exchange)
    this.#events.streamClosed(flow, exchange, open, now)
  }

  onUpgrade(exchange: number, protocol: string): void {
    this.#events.emit('connection_upgraded', this.#session.flow, { upgrade: protocol }, this.#session.now, exchange)
  }

  onViolation(exchange: number, _side: Side, violation: Violation): void {
    const open = this.#find(exchange)
    if (open !== undefined) open.violation = violation.code
    this.#session.violation = violation.code
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
    this.#latest = new OpenExchange()
    return this.#latest
  }

  #bodyChunk(name: 'request_body_chunk' | 'response_body_chunk', exchange: number, offset: number, bytes: Uint8Array): void {
    const room = this.#captureBytes - offset
    const data = room <= 0 ? undefined : room >= bytes.length ? bytes : bytes.subarray(0, room)
    this.#events.bodyChunk(name, this.#session.flow, exchange, offset, bytes.length, data, this.#session.now)
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
