/**
 * What an HTTP layer tells, and asks: one interface for HTTP/1.1 and HTTP/2, so that observers, decoders, policy and
 * faults are written once. Worker thread; called synchronously while the layer executes bytes.
 *
 * Order per exchange, whatever the protocol and however the bytes were split:
 *
 *     onRequestHead → onRequestBody* → onRequestTrailers? → onRequestEnd ┐   (the two halves may interleave:
 *     onInformational* → onResponseHead → onResponseBody* →              │    a response can come early)
 *                        onResponseTrailers? → onResponseEnd             │    or, in its place,
 *     onReply                                                            ┘    an answer of our own
 *     → onExchangeEnd   exactly once, last
 *
 * `exchange` is the number of the exchange within the flow, from 0 (HTTP/1.1), or the stream id (HTTP/2).
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { FieldSection } from '../../../shared/http/field-section.ts'
import type { Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { BodyEdit } from './body-mutator.ts'
import type { MessageHead } from './message-head.ts'

/** What is to happen to a message whose head has just been parsed and not yet been forwarded. */
export type HeadVerdict =
  /** Forward it as it came. */
  | undefined
  /** Forward `head` in its place: a complete head in HTTP/1.1 form, which keeps the framing of the body. */
  | { readonly kind: 'replace'; readonly head: Uint8Array }
  /**
   * Answer the request with `response` (complete message in HTTP/1.1 form, framed by Content-Length) in its turn, and never
   * let it reach the origin. On a response head: put `response` in the place of the origin's, whose body is dropped. It waits
   * `delayMs` before.
   */
  | { readonly kind: 'respond'; readonly response: Uint8Array; readonly reason: CloseReason; readonly delayMs?: number }
  /** Nothing more of the exchange is answered: HTTP/2 resets the stream with `code`, HTTP/1.1 the connection. */
  | { readonly kind: 'reset'; readonly code: number; readonly reason: CloseReason }
  /**
   * On a request head: HTTP/2 tells the client that no further stream will be looked at (RFC 9113 §6.8). With NO_ERROR the streams
   * there are go on, this one among them (with `head` in the place of its own), and the connection ends with the last; any other code ends it at once. HTTP/1.1 has no
   * such thing: forwarded.
   */
  | { readonly kind: 'goaway'; readonly code: number; readonly reason: CloseReason; readonly head?: Uint8Array }
  /** No verdict yet: this direction pauses, and the layer asks again (`onRequestHead` anew) when it is resumed. */
  | { readonly kind: 'wait' }

export interface HttpHandler {
  onRequestHead(exchange: number, head: MessageHead): HeadVerdict
  /** Body octets with the transfer coding removed; a view. */
  onRequestBody(exchange: number, bytes: Uint8Array): void
  onRequestTrailers(exchange: number, trailers: FieldSection): void
  onRequestEnd(exchange: number): void
  /** A 1xx response other than 101 (RFC 9110 §15.2). */
  onInformational(exchange: number, head: MessageHead): void
  onResponseHead(exchange: number, head: MessageHead): HeadVerdict
  /** Alt-Svc is taken out of the response of `exchange`: said behind its request head. */
  onAltSvcStripped?(exchange: number): void
  /** An ALTSVC frame of the origin (RFC 7838 §4), on stream `exchange` or of the connection (0); `stripped`: the client does not get it. */
  onAltSvc?(exchange: number, value: string, stripped: boolean): void
  /**
   * The engine has answered in the place of the origin, with a verdict or a refusal: a message in HTTP/1.1 form, with the head that
   * is sent. What the origin has answered instead, if its head was told, is not told any further.
   */
  onReply?(exchange: number, response: Uint8Array): void
  /**
   * Asked once the head of `side` is to be forwarded, as it came or replaced: what its body goes through. Undefined, or without the
   * method: it passes as it came. `onRequestBody` and `onResponseBody` then tell what was sent, not what came.
   */
  bodyEditFor?(exchange: number, side: Side, head: MessageHead): BodyEdit | undefined
  onResponseBody(exchange: number, bytes: Uint8Array): void
  onResponseTrailers(exchange: number, trailers: FieldSection): void
  onResponseEnd(exchange: number): void
  /** The terminal fact of an exchange. `code`: the HTTP/2 error code of the RST_STREAM that ended it, if one did. */
  onExchangeEnd(exchange: number, reason: CloseReason, code?: number): void
  /**
   * Both sides have switched protocols (101, or a 2xx to CONNECT): from here on the bytes are not HTTP. `protocol` is the
   * `Upgrade` value that the origin confirmed, lower case; empty for CONNECT. The session decides what reads them.
   */
  onUpgrade(exchange: number, protocol: string): void
  /** Asked right behind `onUpgrade`: what the octets of `side` go through from here on. Undefined: they pass as they come. */
  switchedEditFor?(exchange: number, side: Side): BodyEdit | undefined
  /** `side` broke a rule. Whether the message was refused or relayed opaquely shows in the exchange's end. */
  onViolation(exchange: number, side: Side, violation: Violation): void
}
