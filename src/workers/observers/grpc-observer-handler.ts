/**
 * GrpcObserverHandler: recognises gRPC, gRPC-Web and Connect calls among the exchanges, and tells of their messages and ends. In
 * front of the observer, which goes on telling of the exchange itself; gives no verdict. Worker thread.
 *
 * All else pays for one look at the method of each request, and at the content type of each POST: all calls are POSTs.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { EventWriter } from '../../shared/events/record-writer.ts'
import type { FieldSection } from '../../shared/http/field-section.ts'
import { CLIENT, ORIGIN } from '../../shared/side.ts'
import { grpcProtocol } from '../layers/grpc/grpc-protocol.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { ForwardingHandler } from './forwarding-handler.ts'
import { GrpcCallEvents } from './grpc-call-events.ts'
import type { ObservedSession } from './http-observer.ts'

export class GrpcObserverHandler extends ForwardingHandler {
  readonly #events: EventWriter
  readonly #session: ObservedSession
  readonly #captureBytes: number
  /** Calls under way; `undefined` until the session's first. */
  #calls: Map<number, GrpcCallEvents> | undefined = undefined

  /** `captureBytes`: octets of each message to put into its event. */
  constructor(next: HttpHandler, events: EventWriter, session: ObservedSession, captureBytes: number) {
    super(next)
    this.#events = events
    this.#session = session
    this.#captureBytes = captureBytes
  }

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const verdict = super.onRequestHead(exchange, head)
    if (head.method !== 'POST') return verdict
    const protocol = grpcProtocol(head.fields)
    if (protocol === undefined) return verdict
    this.#calls ??= new Map()
    this.#calls.set(exchange, new GrpcCallEvents(this.#events, this.#session, exchange, this.#captureBytes, protocol, head))
    return verdict
  }

  override onRequestBody(exchange: number, bytes: Uint8Array): void {
    super.onRequestBody(exchange, bytes)
    this.#calls?.get(exchange)?.observer.execute(CLIENT, bytes)
  }

  override onRequestEnd(exchange: number): void {
    super.onRequestEnd(exchange)
    this.#calls?.get(exchange)?.observer.finish(CLIENT)
  }

  override onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const verdict = super.onResponseHead(exchange, head)
    this.#calls?.get(exchange)?.onResponseHead(head)
    return verdict
  }

  override onResponseBody(exchange: number, bytes: Uint8Array): void {
    super.onResponseBody(exchange, bytes)
    this.#calls?.get(exchange)?.observer.execute(ORIGIN, bytes)
  }

  override onResponseTrailers(exchange: number, trailers: FieldSection): void {
    super.onResponseTrailers(exchange, trailers)
    this.#calls?.get(exchange)?.observer.onResponseTrailers(trailers)
  }

  override onResponseEnd(exchange: number): void {
    super.onResponseEnd(exchange)
    this.#calls?.get(exchange)?.observer.finish(ORIGIN)
  }

  /** The summary comes first: the terminal event of an exchange is its last. */
  override onExchangeEnd(exchange: number, reason: CloseReason, code?: number): void {
    this.#calls?.get(exchange)?.observer.end(reason)
    this.#calls?.delete(exchange)
    super.onExchangeEnd(exchange, reason, code)
  }
}
