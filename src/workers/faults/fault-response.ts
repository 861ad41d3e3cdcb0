/**
 * The response that a fault gives in the place of an origin's, in HTTP/1.1 form: what a rule says, framed truly. Worker thread.
 */

import { STATUS_CODES } from 'node:http'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import { hasField, responseMessage } from '../layers/http/response-message.ts'

/** RFC 9110 §15.3.5, §15.4.5: these never have content, nor a Content-Length of some. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304])

export function faultResponse({ status, body, content_type, fields }: FaultOf<'respond'>, nowMs: number): Uint8Array {
  const isText = typeof body === 'string'
  const octets = WITHOUT_CONTENT.has(status) ? '' : isText ? body : JSON.stringify(body)
  const type = content_type ?? (isText ? 'text/plain; charset=utf-8' : 'application/json')
  const own = octets === '' || hasField(fields, 'content-type') ? {} : { 'Content-Type': type }
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': String(Buffer.byteLength(octets)) }
  return responseMessage(`${status} ${STATUS_CODES[status] ?? ''}`, { ...own, ...fields, ...length }, octets, nowMs)
}
