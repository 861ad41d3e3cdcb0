/**
 * Our own HTTP/1.1 answers: the refusal of a message that broke a rule, the head of an answer to HEAD, and whether an answer
 * is the last. Worker thread.
 */

import type { Violation } from '../../../shared/violations/violation.ts'

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  505: 'HTTP Version Not Supported',
}

const HEAD_END = '\r\n\r\n'
const CLOSE = /\r\nconnection:[ \t]*close[ \t]*\r\n/i

/** A complete response with `status`, which names the rule; the connection closes after it (RFC 9112 §9.6). */
export function refusalOf(violation: Violation, status: number): Uint8Array {
  const body = `${violation.code}: ${violation.message} (${violation.rule})\n`
  const head = [
    `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? 'Refused'}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  return Buffer.from(`${head.join('\r\n')}${HEAD_END}${body}`)
}

/** Whether `response` says that the connection closes after it (RFC 9112 §9.6). */
export function announcesClose(response: Uint8Array): boolean {
  return CLOSE.test(Buffer.from(withoutBody(response)).toString('latin1'))
}

/** `response` up to its empty line: an answer to HEAD has no body, whatever its Content-Length (RFC 9112 §6.3 rule 1). */
export function withoutBody(response: Uint8Array): Uint8Array {
  const end = Buffer.from(response.buffer, response.byteOffset, response.length).indexOf(HEAD_END)
  return end === -1 ? response : response.subarray(0, end + HEAD_END.length)
}
