/**
 * The rules of request heads, response heads and trailers (RFC 9113 §8.1 to §8.3, RFC 8441 §4), and the MessageHead that a
 * handler sees. What breaks one is malformed: a stream error. Worker thread.
 */

import { LENGTH_DIGITS } from '../../../../shared/limits/layers/http1.ts'
import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../../shared/violations/http2.ts'
import type { MessageHead } from '../../http/message-head.ts'
import { AUTHORITY, CONTENT_LENGTH, HOST, METHOD, PATH, PROTOCOL, SCHEME, STATUS, TE } from './field-name.ts'
import type { HeaderList } from './header-list.ts'

const VERSION = 20
/** 2⁵³ − 1 has 16 digits. */
const SLASH = 0x2f
const ASTERISK = 0x2a
const HASH = 0x23
const UPPER_A = 0x41
const TRAILERS = 'trailers'
const CONNECT = Buffer.from('CONNECT')
const HEAD_METHOD = Buffer.from('HEAD')
const OPTIONS = Buffer.from('OPTIONS')
const DEFAULT_PORT = /:(?:80|443)$/

const TOKEN = octetClass("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
/** RFC 3986 §3.1, behind the letter that comes first. */
const SCHEME_OCTETS = octetClass('+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
/** RFC 3986 §3.2 without userinfo, which RFC 9113 §8.3.1 forbids. */
const AUTHORITY_OCTETS = octetClass("!$%&'()*+,-.:;=[]_~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

/** `connectOffered`: the origin takes extended CONNECT. `ends`: no content follows. Fills `list.head`. */
export function judgeRequest(list: HeaderList, connectOffered: boolean, ends: boolean): Http2Violation | undefined {
  const { head } = list
  startHead(list, ends)
  if (list.problem !== undefined) return list.problem
  if (list.has(STATUS)) return HTTP2_VIOLATIONS.http2_pseudo_misplaced
  if (!list.has(METHOD)) return HTTP2_VIOLATIONS.http2_pseudo_missing
  head.methodStart = list.pseudoStart[METHOD] as number
  head.methodEnd = list.pseudoEnd[METHOD] as number
  if (!isOf(TOKEN, list.bytes, head.methodStart, head.methodEnd)) return HTTP2_VIOLATIONS.http2_method
  const violation = judgeTarget(list, connectOffered) ?? judgeAuthority(list)
  if (violation !== undefined) return violation
  if ((list.seen & (1 << TE)) !== 0 && !hasOnlyTrailers(list)) return HTTP2_VIOLATIONS.http2_te
  return readContentLength(list)
}

export function judgeResponse(list: HeaderList, ends: boolean): Http2Violation | undefined {
  const { head } = list
  startHead(list, ends)
  if (list.problem !== undefined) return list.problem
  if (!list.has(STATUS)) return HTTP2_VIOLATIONS.http2_pseudo_missing
  if (list.pseudoCount > 1) return HTTP2_VIOLATIONS.http2_pseudo_misplaced
  const start = list.pseudoStart[STATUS] as number
  head.status = (list.pseudoEnd[STATUS] as number) - start === 3 ? digits(list.bytes, start, start + 3) : -1
  // §8.6: "HTTP/2 removes support for the 101 (Switching Protocols) informational status code".
  if (head.status < 100 || head.status === 101) return HTTP2_VIOLATIONS.http2_status
  if (head.status < 200 && ends) return HTTP2_VIOLATIONS.http2_informational_end
  return readContentLength(list)
}

/** "Trailers MUST NOT include pseudo-header fields" (§8.1). */
export function judgeTrailers(list: HeaderList, ends: boolean): Http2Violation | undefined {
  if (!ends) return HTTP2_VIOLATIONS.http2_trailers_end
  if (list.pseudoCount > 0) return HTTP2_VIOLATIONS.http2_pseudo_misplaced
  return list.problem
}

export function isConnect(head: MessageHead): boolean {
  return matches(CONNECT, head.fields.bytes, head.methodStart, head.methodEnd)
}

export function isHead(head: MessageHead): boolean {
  return matches(HEAD_METHOD, head.fields.bytes, head.methodStart, head.methodEnd)
}

function startHead(list: HeaderList, ends: boolean): void {
  const { head } = list
  head.methodStart = head.methodEnd = head.targetStart = head.targetEnd = head.authorityStart = head.authorityEnd = 0
  head.status = 0
  head.version = VERSION
  head.framing = ends ? 'none' : 'stream'
  head.contentLength = -1
}

/** :scheme and :path are there, but on CONNECT (§8.5), where only RFC 8441 has them. */
function judgeTarget(list: HeaderList, connectOffered: boolean): Http2Violation | undefined {
  const { head, bytes } = list
  const isConnectMethod = matches(CONNECT, bytes, head.methodStart, head.methodEnd)
  if (list.has(PROTOCOL)) {
    if (!isConnectMethod) return HTTP2_VIOLATIONS.http2_pseudo_misplaced
    if (!connectOffered) return HTTP2_VIOLATIONS.http2_connect
  } else if (isConnectMethod) {
    if (list.has(SCHEME) || list.has(PATH)) return HTTP2_VIOLATIONS.http2_pseudo_misplaced
    if (!list.has(AUTHORITY)) return HTTP2_VIOLATIONS.http2_pseudo_missing
    head.targetStart = list.pseudoStart[AUTHORITY] as number
    head.targetEnd = list.pseudoEnd[AUTHORITY] as number
    return undefined
  }
  if (!list.has(SCHEME) || !list.has(PATH)) return HTTP2_VIOLATIONS.http2_pseudo_missing
  if (!isScheme(bytes, list.pseudoStart[SCHEME] as number, list.pseudoEnd[SCHEME] as number)) return HTTP2_VIOLATIONS.http2_scheme
  head.targetStart = list.pseudoStart[PATH] as number
  head.targetEnd = list.pseudoEnd[PATH] as number
  const first = head.targetStart < head.targetEnd ? bytes[head.targetStart] : -1
  const isAsterisk =
    first === ASTERISK && head.targetEnd - head.targetStart === 1 && matches(OPTIONS, bytes, head.methodStart, head.methodEnd)
  if ((first !== SLASH && !isAsterisk) || !isTarget(bytes, head.targetStart, head.targetEnd)) return HTTP2_VIOLATIONS.http2_path
  return undefined
}

/**
 * The authority is `:authority`, or else Host; "a server SHOULD treat a request as malformed" whose two differ. So is one whose
 * Host fields differ, of which readers take the first or the last (RFC 9112 §3.2 refuses two even where they agree).
 */
function judgeAuthority(list: HeaderList): Http2Violation | undefined {
  const { head, bytes } = list
  const hasHost = (list.seen & (1 << HOST)) !== 0
  if (list.has(AUTHORITY)) {
    head.authorityStart = list.pseudoStart[AUTHORITY] as number
    head.authorityEnd = list.pseudoEnd[AUTHORITY] as number
  } else if (hasHost) {
    const line = lineNamed(list, HOST)
    head.authorityStart = list.fields.valueStart(line)
    head.authorityEnd = list.fields.valueEnd(line)
  }
  if (hasHost && !namesSameHost(list)) return HTTP2_VIOLATIONS.http2_authority
  return isOf(AUTHORITY_OCTETS, bytes, head.authorityStart, head.authorityEnd, true) ? undefined : HTTP2_VIOLATIONS.http2_authority
}

function namesSameHost(list: HeaderList): boolean {
  const authority = list.head.authority.toLowerCase().replace(DEFAULT_PORT, '')
  for (let line = lineNamed(list, HOST); line !== -1; line = lineNamed(list, HOST, line + 1)) {
    if (list.fields.value(line).toLowerCase().replace(DEFAULT_PORT, '') !== authority) return false
  }
  return true
}

/** The value is an HTTP keyword (RFC 9110 §10.1.4), which has no case. */
function hasOnlyTrailers(list: HeaderList): boolean {
  for (let line = lineNamed(list, TE); line !== -1; line = lineNamed(list, TE, line + 1)) {
    if (list.fields.value(line).toLowerCase() !== TRAILERS) return false
  }
  return true
}

/** Into `list.contentLength`; repeated fields must agree. */
function readContentLength(list: HeaderList): Http2Violation | undefined {
  if ((list.seen & (1 << CONTENT_LENGTH)) === 0) return undefined
  const { fields } = list
  for (let line = lineNamed(list, CONTENT_LENGTH); line !== -1; line = lineNamed(list, CONTENT_LENGTH, line + 1)) {
    const value = digits(list.bytes, fields.valueStart(line), fields.valueEnd(line))
    if (value === -1 || (list.contentLength !== -1 && list.contentLength !== value)) return HTTP2_VIOLATIONS.http2_content_length
    list.contentLength = value
  }
  return undefined
}

function lineNamed(list: HeaderList, name: number, from = 0): number {
  for (let line = from; line < list.fields.count; line++) {
    if (list.names[line] === name) return line
  }
  return -1
}

function digits(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > LENGTH_DIGITS) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

function matches(expected: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== expected.length) return false
  for (let i = 0; i < expected.length; i++) {
    if (bytes[start + i] !== expected[i]) return false
  }
  return true
}

function isScheme(bytes: Uint8Array, start: number, end: number): boolean {
  // Of the octets that a scheme can have, letters are those from "A" on.
  return isOf(SCHEME_OCTETS, bytes, start, end) && (bytes[start] as number) >= UPPER_A
}

/** Without controls and spaces, and without a fragment, which some readers cut off while others see a longer path. */
function isTarget(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const octet = bytes[i] as number
    if (octet <= 0x20 || octet === 0x7f || octet === HASH) return false
  }
  return true
}

function isOf(octets: Uint8Array, bytes: Uint8Array, start: number, end: number, mayBeEmpty = false): boolean {
  for (let i = start; i < end; i++) {
    if (octets[bytes[i] as number] === 0) return false
  }
  return mayBeEmpty || start < end
}

function octetClass(characters: string): Uint8Array {
  const octets = new Uint8Array(256)
  for (const character of characters) octets[character.charCodeAt(0)] = 1
  return octets
}
