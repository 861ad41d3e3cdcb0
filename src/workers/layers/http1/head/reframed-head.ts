/**
 * Heads for bodies that are altered: another framing in the place of a Content-Length that would no longer be true (RFC 9112 §6).
 * Of heads that were found valid. Pure; worker thread.
 */

import { LENGTH_LINE } from '../../http/edited-head.ts'

const CONNECTION_LINE = /\r\n(?:connection|keep-alive):[^\r\n]*(?=\r\n)/gi
const HEAD_END = '\r\n\r\n'

/** `head` with `Transfer-Encoding: chunked` in the place of its Content-Length. */
export function chunkedHead(head: Uint8Array): Uint8Array {
  return withLast(text(head).replace(LENGTH_LINE, ''), 'Transfer-Encoding: chunked')
}

/** `head` without its Content-Length: the body ends with the connection, which HTTP/1.0 has in the place of chunks. */
export function closingHead(head: Uint8Array): Uint8Array {
  return withLast(text(head).replace(LENGTH_LINE, '').replace(CONNECTION_LINE, ''), 'Connection: close')
}

function withLast(head: string, line: string): Uint8Array {
  return Buffer.from(`${head.slice(0, -HEAD_END.length)}\r\n${line}${HEAD_END}`, 'latin1')
}

function text(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1')
}
