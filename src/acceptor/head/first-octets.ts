/**
 * The first octets of a proxy connection: HTTP, or one of the things that people send to a proxy port by mistake.
 *
 * Each mistake is told at the earliest octet that proves it, so that a peer which waits for an answer (SOCKS, TLS) gets one at
 * once and not at the head's deadline. Pure. Main thread.
 *
 *     0x16                            TLS record: a handshake (RFC 8446 §5.1)
 *     0x04 / 0x05                     SOCKS4 / SOCKS5 (RFC 1928 §3)
 *     P R I SP                        HTTP/2 preface (RFC 9113 §3.4); the method PRI is reserved for it
 *     P R O X Y SP (T | U)            PROXY protocol v1: TCP4, TCP6, UNKNOWN
 *     CR LF CR LF NUL                 PROXY protocol v2 signature, as far as it is not HTTP
 *     CR LF (not CR)                  one empty line before the request, to be skipped (RFC 9112 §2.2)
 */

import { CONNECT_VIOLATIONS } from '../../shared/violations/connect.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import { isTokenOctet } from './head-octets.ts'

/** More octets are needed to tell. */
export const UNDECIDED = 0
/** A request line begins at the first octet. */
export const REQUEST_LINE = 1
/** A request line begins after one empty line. */
export const EMPTY_LINE = 2

export type FirstOctets = typeof UNDECIDED | typeof REQUEST_LINE | typeof EMPTY_LINE | Violation

const CR = 0x0d
const LF = 0x0a
const PREFACE = Buffer.from('PRI ', 'latin1')
const PROXY_V1 = Buffer.from('PROXY ', 'latin1')

/** What the first `length` octets of `bytes` open. The answer to a longer prefix never contradicts that to a shorter one. */
export function recogniseFirstOctets(bytes: Uint8Array, length: number): FirstOctets {
  if (length === 0) return UNDECIDED
  const first = bytes[0] as number
  switch (first) {
    case 0x16:
      return CONNECT_VIOLATIONS.connect_tls_to_plain_port
    case 0x04:
      return CONNECT_VIOLATIONS.connect_socks4
    case 0x05:
      return CONNECT_VIOLATIONS.connect_socks5
    case LF:
      return CONNECT_VIOLATIONS.connect_bare_lf
    case CR:
      return recogniseLineEnds(bytes, length)
    case 0x50:
      return recogniseP(bytes, length)
    default:
      return isTokenOctet(first) ? REQUEST_LINE : CONNECT_VIOLATIONS.connect_not_http
  }
}

function recogniseLineEnds(bytes: Uint8Array, length: number): FirstOctets {
  if (length === 1) return UNDECIDED
  if (bytes[1] !== LF) return CONNECT_VIOLATIONS.connect_bare_cr
  if (length === 2) return UNDECIDED
  if (bytes[2] !== CR) return EMPTY_LINE
  if (length === 3) return UNDECIDED
  if (bytes[3] !== LF) return CONNECT_VIOLATIONS.connect_bare_cr
  if (length === 4) return UNDECIDED
  return bytes[4] === 0 ? CONNECT_VIOLATIONS.connect_proxy_protocol : CONNECT_VIOLATIONS.connect_bad_request_line
}

function recogniseP(bytes: Uint8Array, length: number): FirstOctets {
  const prefaceOctets = commonPrefix(bytes, length, PREFACE)
  if (prefaceOctets === PREFACE.length) return CONNECT_VIOLATIONS.connect_http2_preface
  const proxyOctets = commonPrefix(bytes, length, PROXY_V1)
  if (prefaceOctets === length || proxyOctets === length) return UNDECIDED
  if (proxyOctets < PROXY_V1.length) return REQUEST_LINE
  // `PROXY /…` and `PROXY http://…` would be requests with an odd method; families are spelt TCP4, TCP6 or UNKNOWN.
  const family = bytes[PROXY_V1.length]
  return family === 0x54 || family === 0x55 ? CONNECT_VIOLATIONS.connect_proxy_protocol : REQUEST_LINE
}

function commonPrefix(bytes: Uint8Array, length: number, other: Uint8Array): number {
  const end = Math.min(length, other.length)
  let at = 0
  while (at < end && bytes[at] === other[at]) at++
  return at
}
