/**
 * GrpcObserver: one call of gRPC, gRPC-Web or Connect, from the heads, bodies and trailers of its exchange, whichever HTTP version
 * carries it. Made by whoever handles an HTTP layer, once `grpcProtocol` has recognised the request. Pure; fails open. Worker
 * thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { FieldSection } from '../../../shared/http/field-section.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { GRPC_VIOLATIONS } from '../../../shared/violations/grpc.ts'
import { isMediaType } from '../http/media-type.ts'
import type { MessageHead } from '../http/message-head.ts'
import { GrpcDirection } from './grpc-direction.ts'
import type { GrpcHandler, GrpcSummary } from './grpc-handler.ts'
import { type GrpcProtocol, type GrpcVariant, grpcMethod, grpcProtocol } from './grpc-protocol.ts'
import { CONNECT_CODES, statusMessage, statusNumber, timeoutMs } from './grpc-values.ts'

const NO_STATUS = -1

export class GrpcObserver {
  readonly #handler: GrpcHandler
  readonly #protocol: GrpcProtocol
  readonly #directions: readonly [GrpcDirection, GrpcDirection]
  #status = NO_STATUS
  #message = ''
  #httpStatus = 0
  #ended = false

  constructor(handler: GrpcHandler, protocol: GrpcProtocol, request: MessageHead) {
    this.#handler = handler
    this.#protocol = protocol
    const { variant, codec } = protocol
    this.#directions = [new GrpcDirection(CLIENT, variant, handler), new GrpcDirection(ORIGIN, variant, handler)]
    this.#directions[CLIENT].encoding = this.#encoding(request.fields)
    const { timeout, malformed } = this.#timeout(request.fields)
    handler.onCall({ variant, codec, ...grpcMethod(request.target), timeoutMs: timeout })
    if (malformed) handler.onViolation(CLIENT, GRPC_VIOLATIONS.grpc_timeout_malformed)
  }

  onResponseHead(head: MessageHead): void {
    this.#httpStatus = head.status
    this.#directions[ORIGIN].encoding = this.#encoding(head.fields)
    const answered = grpcProtocol(head.fields)?.variant
    if (head.status !== 200) this.#expectErrorBody(head.fields, answered)
    if (isWeb(this.#protocol.variant) && isWeb(answered)) this.#directions[ORIGIN].variant = answered
    // Trailers-Only: the status is in the head, and no body follows.
    this.#readStatus(head.fields)
  }

  /** Connect says in JSON why a unary call failed. What else a proxy, or an origin that is no server of calls, says are no messages. */
  #expectErrorBody(fields: FieldSection, answered: GrpcVariant | undefined): void {
    const isUnary = this.#protocol.variant === 'connect-unary'
    if (isUnary && isMediaType(fields.first('content-type'), 'application/json')) this.#directions[ORIGIN].expectError()
    else if (isUnary || answered === undefined) this.#directions[ORIGIN].ignore()
  }

  /** Body octets of `side`. */
  execute(side: Side, bytes: Uint8Array): void {
    this.#directions[side].execute(bytes)
  }

  onResponseTrailers(trailers: FieldSection): void {
    this.#readStatus(trailers)
  }

  /** The body of `side` has ended, after its trailers. */
  finish(side: Side): void {
    this.#directions[side].finish()
    if (side === CLIENT) return
    const { trailer, hasUnreadTrailer } = this.#directions[ORIGIN]
    if (hasUnreadTrailer) return
    if (trailer !== undefined) this.#readTrailerFrame(trailer)
    if (this.#status === NO_STATUS && this.#protocol.variant === 'connect-unary' && this.#httpStatus === 200) this.#tellStatus(0, '')
    // A proxy or an origin that is no gRPC server answers with an HTTP error, whose status says it.
    if (this.#status !== NO_STATUS || this.#httpStatus !== 200) return
    this.#handler.onViolation(ORIGIN, GRPC_VIOLATIONS.grpc_status_missing)
  }

  /** The exchange is over. */
  end(reason: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    const [client, origin] = this.#directions
    this.#handler.onEnd(reason, {
      status: this.#status,
      message: this.#message,
      messages: [client.messages, origin.messages],
      bytes: [client.bytes, origin.bytes],
      encodings: [client.encoding, origin.encoding],
      kind: kindOf(client.messages, origin.messages),
    })
  }

  #encoding(fields: FieldSection): string {
    const { variant } = this.#protocol
    const name = variant === 'connect' ? 'connect-content-encoding' : variant === 'connect-unary' ? 'content-encoding' : 'grpc-encoding'
    return fields.first(name)?.toLowerCase() ?? ''
  }

  #timeout(fields: FieldSection): { timeout: number | undefined; malformed: boolean } {
    const connect = fields.first('connect-timeout-ms')
    if (connect !== undefined)
      return { timeout: /^\d{1,10}$/.test(connect) ? Number(connect) : undefined, malformed: !/^\d{1,10}$/.test(connect) }
    const value = fields.first('grpc-timeout')
    const timeout = value === undefined ? undefined : timeoutMs(value)
    return { timeout, malformed: value !== undefined && timeout === undefined }
  }

  #readStatus(fields: FieldSection): void {
    const value = fields.first('grpc-status')
    if (value !== undefined) this.#takeStatus(value, fields.first('grpc-message') ?? '')
  }

  #takeStatus(value: string, message: string): void {
    if (this.#status !== NO_STATUS) return
    const status = statusNumber(value)
    if (status === undefined) this.#handler.onViolation(ORIGIN, GRPC_VIOLATIONS.grpc_status_malformed)
    else this.#tellStatus(status, statusMessage(message))
  }

  #tellStatus(status: number, message: string): void {
    this.#status = status
    this.#message = message
    this.#handler.onStatus(status, message)
  }

  /** gRPC-Web: field lines, whose names may have any case. Connect: JSON. */
  #readTrailerFrame(trailer: Uint8Array): void {
    const text = Buffer.from(trailer).toString('latin1')
    const { variant } = this.#protocol
    if (variant === 'connect' || variant === 'connect-unary') {
      const json = Buffer.from(trailer).toString('utf8')
      if (variant === 'connect') this.#readConnectEnd(json)
      else this.#readConnectError(json)
      return
    }
    const values = new Map<string, string>()
    for (const line of text.split(/\r?\n/)) {
      const colon = line.indexOf(':')
      if (colon > 0) values.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
    }
    const status = values.get('grpc-status')
    if (status !== undefined) this.#takeStatus(status, values.get('grpc-message') ?? '')
  }

  #readConnectEnd(text: string): void {
    try {
      const { error } = JSON.parse(text) as { error?: ConnectError }
      const status = error === undefined ? 0 : CONNECT_CODES.indexOf(String(error.code))
      this.#tellStatus(status === -1 ? CONNECT_CODES.indexOf('unknown') : status, String(error?.message ?? ''))
    } catch {
      this.#handler.onViolation(ORIGIN, GRPC_VIOLATIONS.grpc_status_malformed)
    }
  }

  /** JSON of somebody else, of a gateway for instance, breaks no rule: the HTTP status says it. */
  #readConnectError(text: string): void {
    try {
      const { code, message } = JSON.parse(text) as ConnectError
      const status = CONNECT_CODES.indexOf(String(code))
      if (status > 0) this.#tellStatus(status, String(message ?? ''))
    } catch {
      return
    }
  }
}

interface ConnectError {
  readonly code?: unknown
  readonly message?: unknown
}

function isWeb(variant: GrpcVariant | undefined): variant is 'grpc-web' | 'grpc-web-text' {
  return variant === 'grpc-web' || variant === 'grpc-web-text'
}

/** What was seen of a call; a streaming method that sent one message each way is not told from a unary one. */
function kindOf(client: number, origin: number): GrpcSummary['kind'] {
  if (client > 1) return origin > 1 ? 'bidirectional' : 'client_streaming'
  return origin > 1 ? 'server_streaming' : 'unary'
}
