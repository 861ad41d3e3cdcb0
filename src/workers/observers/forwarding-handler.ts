/**
 * ForwardingHandler: hands everything an HTTP layer tells to another handler. A base for handlers that add a verdict at one
 * point and leave the rest to the observer. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { FieldSection } from '../../shared/http/field-section.ts'
import type { Side } from '../../shared/side.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import type { BodyEdit } from '../layers/http/body-mutator.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'

export class ForwardingHandler implements HttpHandler {
  protected readonly next: HttpHandler

  constructor(next: HttpHandler) {
    this.next = next
  }

  onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    return this.next.onRequestHead(exchange, head)
  }
  onRequestBody(exchange: number, bytes: Uint8Array): void {
    this.next.onRequestBody(exchange, bytes)
  }
  onRequestTrailers(exchange: number, trailers: FieldSection): void {
    this.next.onRequestTrailers(exchange, trailers)
  }
  onRequestEnd(exchange: number): void {
    this.next.onRequestEnd(exchange)
  }
  onInformational(exchange: number, head: MessageHead): void {
    this.next.onInformational(exchange, head)
  }
  onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    return this.next.onResponseHead(exchange, head)
  }
  onAltSvcStripped(exchange: number): void {
    this.next.onAltSvcStripped?.(exchange)
  }
  onAltSvc(exchange: number, value: string, stripped: boolean): void {
    this.next.onAltSvc?.(exchange, value, stripped)
  }
  onReply(exchange: number, response: Uint8Array): void {
    this.next.onReply?.(exchange, response)
  }
  bodyEditFor(exchange: number, side: Side, head: MessageHead): BodyEdit | undefined {
    return this.next.bodyEditFor?.(exchange, side, head)
  }
  onResponseBody(exchange: number, bytes: Uint8Array): void {
    this.next.onResponseBody(exchange, bytes)
  }
  onResponseTrailers(exchange: number, trailers: FieldSection): void {
    this.next.onResponseTrailers(exchange, trailers)
  }
  onResponseEnd(exchange: number): void {
    this.next.onResponseEnd(exchange)
  }
  onExchangeEnd(exchange: number, reason: CloseReason, code?: number): void {
    this.next.onExchangeEnd(exchange, reason, code)
  }
  onUpgrade(exchange: number, protocol: string): void {
    this.next.onUpgrade(exchange, protocol)
  }
  switchedEditFor(exchange: number, side: Side): BodyEdit | undefined {
    return this.next.switchedEditFor?.(exchange, side)
  }
  onViolation(exchange: number, side: Side, violation: Violation): void {
    this.next.onViolation(exchange, side, violation)
  }
}
