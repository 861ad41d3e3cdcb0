/**
 * The responses that faults give in the place of an origin's, in HTTP/1.1 form: what a rule says, framed truly. Worker thread.
 */

import { STATUS_CODES } from 'node:http'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import type { GrpcVariant } from '../layers/grpc/grpc-protocol.ts'
import { percentEncoded } from '../layers/grpc/grpc-values.ts'

/** RFC 9110 §15.3.5, §15.4.5: these never have content, nor a Content-Length of some. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304])

export function faultResponse({ status, body, content_type, fields }: FaultOf<'respond'>, nowMs: number): Uint8Array {
  const isText = typeof body === 'string'
  const octets = WITHOUT_CONTENT.has(status) ? '' : isText ? body : JSON.stringify(body)
  const type = content_type ?? (isText ? 'text/plain; charset=utf-8' : 'application/json')
  const own = octets === '' || hasField(fields, 'content-type') ? {} : { 'Content-Type': type }
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': String(Buffer.byteLength(octets)) }
  return message(status, { ...own, ...fields, ...length }, octets, nowMs)
}

/** gRPC's answer without messages: its status stands in the head (gRPC PROTOCOL-HTTP2 "Trailers-Only", PROTOCOL-WEB). */
export function trailersOnly(
  { status, message: text, fields }: FaultOf<'grpc_status'>,
  variant: GrpcVariant,
  codec: string,
  isHttp2: boolean,
  nowMs: number,
): Uint8Array {
  const own = { 'Content-Type': `application/${variant}+${codec}`, 'Grpc-Status': String(status) }
  const said = text === '' ? {} : { 'Grpc-Message': percentEncoded(text) }
  // In HTTP/2 the head ends the stream; a length would be a field more than gRPC servers send.
  const length = isHttp2 ? {} : { 'Content-Length': '0' }
  return message(200, { ...own, ...said, ...fields, ...length }, '', nowMs)
}

function message(status: number, fields: Readonly<Record<string, string>>, body: string, nowMs: number): Uint8Array {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  const date = hasField(fields, 'date') ? [] : [`Date: ${new Date(nowMs).toUTCString()}`]
  return Buffer.from([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...date, ...lines, '', body].join('\r\n'))
}

function hasField(fields: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(fields).some((key) => key.toLowerCase() === name)
}
