/**
 * What the first line of a cleartext client says it speaks: HTTP/1, or something that the engine does not read (Redis, IRC, AMQP,
 * STOMP …). Pure; worker thread.
 *
 *     GET SP…            a method of RFC 9110 §9 or of WebDAV, and its end: HTTP/1, known at once
 *     … HTTP/            what only a request line has (RFC 9112 §3): HTTP/1, whatever the method
 *     no octet of text   in front of that, or the end of the line: not HTTP
 *
 * Malformed HTTP is still HTTP: it is refused by the layer that reads it, for an origin might take it. What passes as another
 * protocol has nothing by which an HTTP server would know a request. The answer is the same however the octets were split.
 */

import { FIRST_LINE_BYTES } from '../../shared/limits/connect.ts'

export type FirstLine = 'http1' | 'other' | 'need_more'

const METHODS: ReadonlySet<string> = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY ' +
    'PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH MKCALENDAR ACL BIND REBIND UNBIND'
  ).split(' '),
)

/** RFC 9112 §2.2: a server should ignore empty lines in front of a request. */
const EMPTY_LINES = /^[\r\n]*/
/** Letters, and an octet that no method goes on with (RFC 9110 §5.6.2). */
const METHOD_AND_END = /^([A-Z]+)[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const VERSION = /http\//i
const NO_TEXT = /[^\t\r\n -~]/
const VERSION_LENGTH = 5

/** `bytes`: all that the client has sent so far. */
export function readFirstLine(bytes: Uint8Array): FirstLine {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, FIRST_LINE_BYTES)).toString('latin1')
  const start = (EMPTY_LINES.exec(text) as RegExpExecArray)[0].length
  const lineEnd = text.indexOf('\n', start)
  const line = text.slice(start, lineEnd < 0 ? text.length : lineEnd + 1)
  if (METHODS.has(METHOD_AND_END.exec(line)?.[1] ?? '')) return 'http1'
  const version = line.search(VERSION)
  const noText = line.search(NO_TEXT)
  if (version >= 0 && (noText < 0 || version + VERSION_LENGTH <= noText)) return 'http1'
  if (lineEnd >= 0 || noText >= 0) return 'other'
  // Only a request target is this long: a line of SMTP or IRC has 512 octets (RFC 5321 §4.5.3.1.4, RFC 2812 §2.3).
  return text.length < FIRST_LINE_BYTES ? 'need_more' : 'http1'
}
