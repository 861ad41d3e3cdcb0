/**
 * An answer of ours to a call, without messages: its status stands in the head (gRPC PROTOCOL-HTTP2 "Trailers-Only", PROTOCOL-WEB). Worker
 * thread.
 */

import { responseMessage } from '../http/response-message.ts'
import type { GrpcProtocol } from './grpc-protocol.ts'
import { percentEncoded } from './grpc-values.ts'

export interface GrpcAnswer {
  readonly status: number
  /** Any text; empty: none is sent. */
  readonly message: string
  /** Sent beside gRPC's own, which they outrank. */
  readonly fields: Readonly<Record<string, string>>
}

/** Whether calls of `protocol` are answered so: gRPC itself is spoken in HTTP/2 only, and Connect has no such answer. */
export function takesTrailersOnly({ variant }: GrpcProtocol, isHttp2: boolean): boolean {
  return variant === 'grpc' ? isHttp2 : variant === 'grpc-web' || variant === 'grpc-web-text'
}

/** The answer in HTTP/1.1 form. */
export function trailersOnly(answer: GrpcAnswer, { variant, codec }: GrpcProtocol, isHttp2: boolean, nowMs: number): Uint8Array {
  const { status, message, fields } = answer
  const own = { 'Content-Type': `application/${variant}+${codec}`, 'Grpc-Status': String(status) }
  const said = message === '' ? {} : { 'Grpc-Message': percentEncoded(message) }
  // In HTTP/2 the head ends the stream; a length would be a field more than gRPC servers send.
  const length = isHttp2 ? {} : { 'Content-Length': '0' }
  return responseMessage('200 OK', { ...own, ...said, ...fields, ...length }, '', nowMs)
}
