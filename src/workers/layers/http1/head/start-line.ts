/**
 * Reads the start line of a message: request line (RFC 9112 §3) or status line (RFC 9112 §4). Worker thread.
 *
 *     method SP request-target SP HTTP-version CRLF
 *     HTTP-version SP status-code SP [ reason-phrase ] CRLF
 *
 * Both return the position after the line, INCOMPLETE, or the rule that it breaks (final only once the LF has come, as in
 * field-line.ts). One space between the parts and nothing else: RFC 9112 §3 allows lenient splitting, and names the risk.
 */

import { HTTP1_VIOLATIONS } from '../../../../shared/violations/http1.ts'
import type { Violation } from '../../../../shared/violations/violation.ts'
import type { MessageHead } from '../../http/message-head.ts'
import { equalsExactly } from './ascii-compare.ts'
import { INCOMPLETE } from './field-line.ts'
import { isHostWithPort } from './host-field.ts'
import { COLON, CR, DIGIT, LETTER, LF, OCTET_CLASS, SCHEME, SLASH, SP, TARGET, TOKEN, VALUE, ZERO } from './octet-class.ts'

const QUESTION_MARK = 0x3f
const DOT = 0x2e
const ASTERISK = 0x2a
const UPPER_H = 0x48
const UPPER_T = 0x54
const UPPER_P = 0x50
/** `HTTP/1.1` */
const VERSION_LENGTH = 8
const MAJOR = 5
const DOT_AT = 6
const MINOR = 7
const ONE = ZERO + 1

export function parseRequestLine(bytes: Uint8Array, at: number, stop: number, head: MessageHead): number | Violation {
  let p = at
  while (p < stop && ((OCTET_CLASS[bytes[p] as number] as number) & TOKEN) !== 0) p++
  if (p === stop) return INCOMPLETE
  if (bytes[p] !== SP) return lineEndOr(bytes, p, HTTP1_VIOLATIONS.http1_bad_request_line, HTTP1_VIOLATIONS.http1_bad_method)
  if (p === at) return HTTP1_VIOLATIONS.http1_bad_request_line
  head.methodStart = at
  head.methodEnd = p++
  head.targetStart = p
  while (p < stop && ((OCTET_CLASS[bytes[p] as number] as number) & TARGET) !== 0) p++
  if (p === stop) return INCOMPLETE
  if (bytes[p] !== SP) return lineEndOr(bytes, p, HTTP1_VIOLATIONS.http1_missing_version, HTTP1_VIOLATIONS.http1_bad_target)
  if (p === head.targetStart) return HTTP1_VIOLATIONS.http1_bad_request_line
  head.targetEnd = p++
  const end = p + VERSION_LENGTH
  if (stop - end < 2 || !readVersion(bytes, p, head) || bytes[end] !== CR || bytes[end + 1] !== LF) return versionViolation(bytes, p, stop)
  head.status = 0
  return end + 2
}

export function parseStatusLine(bytes: Uint8Array, at: number, stop: number, head: MessageHead): number | Violation {
  // The shortest is `HTTP/1.1 200` CRLF: RFC 9112 §4 has a space after the code even when no phrase follows; many origins
  // leave it out, and every reader agrees on what it means.
  let p = at + VERSION_LENGTH
  if (stop - p < 6 || !readVersion(bytes, at, head) || bytes[p] !== SP) return statusLineViolation(bytes, at, stop)
  head.status = threeDigits(bytes, p + 1)
  if (head.status < 100) return statusLineViolation(bytes, at, stop)
  p += 4
  if (bytes[p] === SP) {
    p++
    while (p < stop && ((OCTET_CLASS[bytes[p] as number] as number) & VALUE) !== 0) p++
  }
  if (stop - p < 2 || bytes[p] !== CR || bytes[p + 1] !== LF) return statusLineViolation(bytes, at, stop)
  head.methodStart = head.methodEnd = head.targetStart = head.targetEnd = at
  return p + 2
}

/**
 * Whether the target has a form that its method allows (RFC 9112 §3.2): authority-form with CONNECT and nowhere else,
 * asterisk-form with OPTIONS, else origin-form or absolute-form. Narrows `head.authority*` to the authority of an
 * absolute-form target, which outranks Host (RFC 9112 §3.2.2).
 */
export function isTargetOfMethod(head: MessageHead, isConnect: boolean): boolean {
  const { bytes } = head.fields
  const { targetStart: start, targetEnd: end } = head
  if (isConnect) {
    const colon = bytes.lastIndexOf(COLON, end - 1)
    return colon > start && colon < end - 1 && isHostWithPort(bytes, start, end)
  }
  if (bytes[start] === SLASH) return true
  if (bytes[start] === ASTERISK) return end === start + 1 && equalsExactly(bytes, head.methodStart, head.methodEnd, 'OPTIONS')
  const colon = schemeEnd(bytes, start)
  if (colon === start || colon + 3 > end || bytes[colon] !== COLON || bytes[colon + 1] !== SLASH || bytes[colon + 2] !== SLASH) return false
  let authorityEnd = colon + 3
  while (authorityEnd < end && !endsAuthority(bytes[authorityEnd] as number)) authorityEnd++
  head.authorityStart = colon + 3
  head.authorityEnd = authorityEnd
  return authorityEnd > colon + 3 && isHostWithPort(bytes, colon + 3, authorityEnd)
}

/** `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1): where that at `start` ends; `start` where none begins. */
function schemeEnd(bytes: Uint8Array, start: number): number {
  if (((OCTET_CLASS[bytes[start] as number] as number) & LETTER) === 0) return start
  let at = start
  while (((OCTET_CLASS[bytes[at] as number] as number) & SCHEME) !== 0) at++
  return at
}

/** `/` and `?` end an authority (RFC 3986 §3.2); a fragment does not follow one here. */
function endsAuthority(octet: number): boolean {
  return octet === SLASH || octet === QUESTION_MARK
}

/** Fills `head.version` from `HTTP/1.0` or `HTTP/1.1` at `at`; false where anything else stands there. */
function readVersion(bytes: Uint8Array, at: number, head: MessageHead): boolean {
  const minor = bytes[at + MINOR]
  if (!startsVersion(bytes, at) || bytes[at + MAJOR] !== ONE || bytes[at + DOT_AT] !== DOT) return false
  if (minor !== ONE && minor !== ZERO) return false
  head.version = minor === ONE ? 11 : 10
  return true
}

/** `HTTP/`: case-sensitive (RFC 9112 §2.3). */
function startsVersion(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === UPPER_H && bytes[at + 1] === UPPER_T && bytes[at + 2] === UPPER_T && bytes[at + 3] === UPPER_P && bytes[at + 4] === SLASH
  )
}

/**
 * Whether a version of another protocol generation stands at `at`. RFC 9110 §2.5 would let 1.2 to 1.9 be read as 1.1; no such
 * version exists, and readers differ on whether chunked applies to it.
 */
function isForeignVersion(bytes: Uint8Array, at: number): boolean {
  return (
    startsVersion(bytes, at) && isDigit(bytes[at + MAJOR] as number) && bytes[at + DOT_AT] === DOT && isDigit(bytes[at + MINOR] as number)
  )
}

/** What is wrong with the rest of a request line, from its version at `at`: depends on this line alone. */
function versionViolation(bytes: Uint8Array, at: number, stop: number): number | Violation {
  const lf = bytes.indexOf(LF, at)
  if (lf === -1 || lf >= stop) return INCOMPLETE
  const end = lf - 1
  if (end < at || bytes[end] !== CR) return HTTP1_VIOLATIONS.http1_bare_lf
  if (bytes.indexOf(CR, at) < end) return HTTP1_VIOLATIONS.http1_bare_cr
  if (bytes.subarray(at, end).includes(SP)) return HTTP1_VIOLATIONS.http1_bad_request_line
  if (end - at === VERSION_LENGTH && isForeignVersion(bytes, at)) return HTTP1_VIOLATIONS.http1_unsupported_version
  return startsVersion(bytes, at) ? HTTP1_VIOLATIONS.http1_bad_version : HTTP1_VIOLATIONS.http1_bad_request_line
}

/** What is wrong with the status line at `at`: depends on this line alone. */
function statusLineViolation(bytes: Uint8Array, at: number, stop: number): number | Violation {
  const lf = bytes.indexOf(LF, at)
  if (lf === -1 || lf >= stop) return INCOMPLETE
  const end = lf - 1
  if (end < at || bytes[end] !== CR) return HTTP1_VIOLATIONS.http1_bare_lf
  if (bytes.indexOf(CR, at) < end) return HTTP1_VIOLATIONS.http1_bare_cr
  const isVersion = end - at >= VERSION_LENGTH && isForeignVersion(bytes, at)
  if (!isVersion || (bytes[at + MAJOR] === ONE && (bytes[at + MINOR] as number) <= ONE)) return HTTP1_VIOLATIONS.http1_bad_status_line
  return HTTP1_VIOLATIONS.http1_unsupported_version
}

/** `atLineEnd` where the line ends at `p`; the bare octet's own violation where it ends badly; else `otherwise`. */
function lineEndOr(bytes: Uint8Array, p: number, atLineEnd: Violation, otherwise: Violation): Violation {
  if (bytes[p] === LF) return HTTP1_VIOLATIONS.http1_bare_lf
  if (bytes[p] !== CR) return otherwise
  return bytes[p + 1] === LF ? atLineEnd : HTTP1_VIOLATIONS.http1_bare_cr
}

function isDigit(octet: number): boolean {
  return ((OCTET_CLASS[octet] as number) & DIGIT) !== 0
}

/** The number that three digits at `at` make, or −1. */
function threeDigits(bytes: Uint8Array, at: number): number {
  const a = bytes[at] as number
  const b = bytes[at + 1] as number
  const c = bytes[at + 2] as number
  return isDigit(a) && isDigit(b) && isDigit(c) ? (a - ZERO) * 100 + (b - ZERO) * 10 + (c - ZERO) : -1
}
