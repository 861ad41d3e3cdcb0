/**
 * OpenExchange: what is kept of an exchange until it ends: what its terminal event says, and what reads its bodies. Reused by
 * the session's next exchange. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { StreamEnd } from '../../shared/events/record/event-input.ts'
import type { ExchangeObserver } from './exchange-observer.ts'
import type { ObserveOptions } from './observation.ts'
import type { GrpcCallEvents } from './payloads/grpc-call-events.ts'
import type { WebSocketExchange } from './payloads/websocket-exchange.ts'

/** No RST_STREAM ended the exchange. */
export const NO_CODE = -1

export class OpenExchange implements StreamEnd {
  exchange = -1
  isOpen = false
  method = ''
  startedAt = 0
  options: ObserveOptions
  /** Index of the label that its events carry. */
  protocol = 0
  /** Reads its bodies; most need none. */
  payloads: ExchangeObserver | undefined = undefined
  websocket: WebSocketExchange | undefined = undefined
  /** It is a call of gRPC, gRPC-Web or Connect. */
  grpc: GrpcCallEvents | undefined = undefined
  /** Sec-WebSocket-Extensions and Sec-WebSocket-Protocol of a response that may switch. */
  extensions: string | undefined = undefined
  subprotocol: string | undefined = undefined
  /** Its response loses Alt-Svc. */
  stripsAltSvc = false
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
  code = NO_CODE
  readonly opaque = false
  readonly detail = undefined

  constructor(options: ObserveOptions) {
    this.options = options
  }

  open(exchange: number, method: string, protocol: number, now: number, options: ObserveOptions): void {
    this.exchange = exchange
    this.isOpen = true
    this.method = method
    this.startedAt = now
    this.options = options
    this.protocol = protocol
    this.payloads = undefined
    this.websocket = undefined
    this.grpc = undefined
    this.extensions = undefined
    this.subprotocol = undefined
    this.stripsAltSvc = false
    this.settling = false
    this.violation = undefined
    this.status = 0
    this.bytesClient = 0
    this.bytesOrigin = 0
    this.ttfbMs = Number.NaN
  }

  close(reason: CloseReason, code: number, now: number): void {
    this.closeReason = reason
    this.code = code
    this.durationMs = now - this.startedAt
  }

  /** Takes over the label that reading the bodies has come to. */
  relabel(): void {
    if (this.payloads !== undefined && this.grpc === undefined) this.protocol = this.payloads.protocol
  }
}
