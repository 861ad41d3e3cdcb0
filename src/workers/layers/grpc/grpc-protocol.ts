/**
 * Recognises gRPC, gRPC-Web and Connect calls by their content type (gRPC PROTOCOL-HTTP2, PROTOCOL-WEB; connectrpc.com/docs/protocol).
 * Worker thread.
 */

import type { FieldSection } from '../../../shared/http/field-section.ts'
import { mediaType } from '../http/media-type.ts'

/** Flags of a message (gRPC PROTOCOL-HTTP2, PROTOCOL-WEB; connectrpc.com/docs/protocol). */
export const COMPRESSED = 0x01
/** Connect: the last message, a JSON object with the error and the trailers. */
export const CONNECT_END = 0x02
/** gRPC-Web: trailers as HTTP/1.1 field lines. */
export const WEB_TRAILERS = 0x80

/** `connect` has enveloped messages, `connect-unary` a bare one. */
export type GrpcVariant = 'grpc' | 'grpc-web' | 'grpc-web-text' | 'connect' | 'connect-unary'

export interface GrpcProtocol {
  readonly variant: GrpcVariant
  /** `proto`, `json`, or whatever the suffix says. */
  readonly codec: string
}

/** Longest prefix first. A subtype without suffix means protobuf. */
const VARIANTS: readonly (readonly [prefix: string, variant: GrpcVariant])[] = [
  ['application/grpc-web-text', 'grpc-web-text'],
  ['application/grpc-web', 'grpc-web'],
  ['application/grpc', 'grpc'],
]
const CONNECT_STREAM = 'application/connect+'
const UNARY_CODECS: ReadonlyMap<string, string> = new Map([
  ['application/proto', 'proto'],
  ['application/json', 'json'],
])

/** The protocol of a request with these fields, or `undefined` where it is none of them. */
export function grpcProtocol(fields: FieldSection): GrpcProtocol | undefined {
  const type = mediaType(fields.first('content-type'))
  for (const [prefix, variant] of VARIANTS) {
    if (type === prefix) return { variant, codec: 'proto' }
    if (type.startsWith(`${prefix}+`)) return { variant, codec: type.slice(prefix.length + 1) }
  }
  if (type.startsWith(CONNECT_STREAM)) return { variant: 'connect', codec: type.slice(CONNECT_STREAM.length) }
  const codec = UNARY_CODECS.get(type)
  // application/json alone is any API.
  if (codec === undefined || fields.first('connect-protocol-version') === undefined) return undefined
  return { variant: 'connect-unary', codec }
}

/** Service and method of `/package.Service/Method`; both empty where the path has another form. */
export function grpcMethod(path: string): { readonly service: string; readonly method: string } {
  const [, service, method] = /^(?:.*\/)?([^/]+)\/([^/?]+)(?:\?.*)?$/.exec(path) ?? []
  return { service: service ?? '', method: method ?? '' }
}
