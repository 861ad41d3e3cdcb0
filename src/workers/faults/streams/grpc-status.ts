/**
 * How a call ends with a status: in trailers (gRPC), in a frame of trailers (gRPC-Web), in a last message of JSON (Connect). Worker
 * thread. gRPC PROTOCOL-HTTP2, PROTOCOL-WEB; connectrpc.com/docs/protocol.
 */

import { ENVELOPE_HEAD_BYTES } from '../../layers/grpc/envelope-parser.ts'
import { CONNECT_END, type GrpcVariant, WEB_TRAILERS } from '../../layers/grpc/grpc-protocol.ts'
import { CONNECT_CODES, percentEncoded } from '../../layers/grpc/grpc-values.ts'
import type { BodySink } from '../../layers/http/body-mutator.ts'

/** Those whose messages have a head of five octets that can be read as it comes. */
export type EnvelopedVariant = Exclude<GrpcVariant, 'grpc-web-text' | 'connect-unary'>

/** Whether what `flags` announce is no message, but the end. */
export function isTrailerFrame(variant: EnvelopedVariant, flags: number): boolean {
  switch (variant) {
    case 'grpc':
      return false
    case 'grpc-web':
      return (flags & WEB_TRAILERS) !== 0
    case 'connect':
      return (flags & CONNECT_END) !== 0
  }
}

export function endWithStatus(variant: EnvelopedVariant, status: number, message: string, out: BodySink): void {
  const text = message === '' ? '' : `grpc-message: ${percentEncoded(message)}\r\n`
  const lines = Buffer.from(`grpc-status: ${status}\r\n${text}`, 'latin1')
  switch (variant) {
    case 'grpc':
      out.end(lines)
      return
    case 'grpc-web':
      out.write(envelope(WEB_TRAILERS, lines))
      out.end()
      return
    case 'connect': {
      const code = CONNECT_CODES[status]
      const end = status === 0 || code === undefined ? {} : { error: { code, message } }
      out.write(envelope(CONNECT_END, Buffer.from(JSON.stringify(end))))
      out.end()
    }
  }
}

function envelope(flags: number, octets: Uint8Array): Uint8Array {
  const head = Buffer.alloc(ENVELOPE_HEAD_BYTES)
  head[0] = flags
  head.writeUInt32BE(octets.length, 1)
  return Buffer.concat([head, octets])
}
