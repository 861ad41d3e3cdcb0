/**
 * HeadFacts: what the field lines of one head say about framing, routing and the connection, gathered while the lines are
 * read. Judged by body-framing.ts once the head is complete. Reused; worker thread. RFC 9110 §7.6.1, §7.8, §8.6; RFC 9112 §6.1.
 */

import { LENGTH_DIGITS } from '../../../../shared/limits/layers/http1.ts'
import type { MessageHead } from '../../http/message-head.ts'
import { equalsIgnoringCase } from './ascii-compare.ts'
import { isHostWithPort } from './host-field.ts'
import { COMMA, DIGIT, HTAB, OCTET_CLASS, SP, TOKEN, ZERO } from './octet-class.ts'

/** `contentLength` of a value that is not digits, and of one that is too large. */
export const LENGTH_MALFORMED = -2
export const LENGTH_TOO_LARGE = -3

/** The value of Transfer-Encoding: none; exactly `chunked`; other codings before a final `chunked`; anything else. */
export const CODING_NONE = 0
export const CODING_CHUNKED = 1
export const CODING_UNKNOWN = 2
export const CODING_MALFORMED = 3

export class HeadFacts {
  hosts = 0
  hostIsValid = true
  contentLengths = 0
  /** Octets; −1 where there is no Content-Length; else LENGTH_MALFORMED or LENGTH_TOO_LARGE. */
  contentLength = -1
  transferEncodings = 0
  transferCoding = CODING_NONE
  /** Connection options (RFC 9110 §7.6.1). */
  close = false
  keepAlive = false
  /** The line of the first Upgrade field, or −1. */
  upgradeLine = -1
  /** A field is Content-Length or Transfer-Encoding but for `_` in the place of `-`. */
  isDisguised = false

  reset(): void {
    this.hosts = 0
    this.hostIsValid = true
    this.contentLengths = 0
    this.contentLength = -1
    this.transferEncodings = 0
    this.transferCoding = CODING_NONE
    this.close = false
    this.keepAlive = false
    this.upgradeLine = -1
    this.isDisguised = false
  }

  /** Takes in the last line of `head.fields`. The length of a name decides what it can be. */
  note(head: MessageHead): void {
    const { fields } = head
    const line = fields.count - 1
    switch (fields.nameEnd(line) - fields.nameStart(line)) {
      case 4:
        if (fields.isNamed(line, 'host')) this.#noteHost(head, line)
        return
      case 7:
        if (this.upgradeLine === -1 && fields.isNamed(line, 'upgrade')) this.upgradeLine = line
        return
      case 10:
        if (fields.isNamed(line, 'connection')) this.#noteConnection(fields.bytes, fields.valueStart(line), fields.valueEnd(line))
        return
      case 14:
        if (fields.isNamed(line, 'content-length')) this.#noteContentLength(fields.bytes, fields.nameEnd(line), fields.valueEnd(line))
        else if (fields.isNamed(line, 'content_length')) this.isDisguised = true
        return
      case 17:
        if (fields.isNamed(line, 'transfer-encoding')) this.#noteTransferEncoding(fields.bytes, fields.nameEnd(line), fields.valueEnd(line))
        else if (fields.isNamed(line, 'transfer_encoding')) this.isDisguised = true
        return
      default:
    }
  }

  #noteHost(head: MessageHead, line: number): void {
    const { fields } = head
    this.hosts++
    if (this.hosts > 1) return
    head.authorityStart = fields.valueStart(line)
    head.authorityEnd = fields.valueEnd(line)
    this.hostIsValid = isHostWithPort(fields.bytes, head.authorityStart, head.authorityEnd)
  }

  #noteConnection(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end) {
      let stop = at
      while (stop < end && bytes[stop] !== COMMA) stop++
      const from = skipBlanks(bytes, at, stop)
      const to = trimBlanks(bytes, from, stop)
      if (equalsIgnoringCase(bytes, from, to, 'close')) this.close = true
      else if (equalsIgnoringCase(bytes, from, to, 'keep-alive')) this.keepAlive = true
      at = stop + 1
    }
  }

  /**
   * `1*DIGIT`, after any spaces. A tab is legal there and refused all the same: readers that trim spaces only would see another
   * length. `nameEnd` is the colon.
   */
  #noteContentLength(bytes: Uint8Array, nameEnd: number, end: number): void {
    this.contentLengths++
    const start = skipSpaces(bytes, nameEnd + 1, end)
    this.contentLength = start === end || hasTrailingTab(bytes, end) ? LENGTH_MALFORMED : decimal(bytes, start, end)
  }

  #noteTransferEncoding(bytes: Uint8Array, nameEnd: number, end: number): void {
    this.transferEncodings++
    const start = skipSpaces(bytes, nameEnd + 1, end)
    this.transferCoding = hasTrailingTab(bytes, end) ? CODING_MALFORMED : classifyCodings(bytes, start, end)
  }
}

/**
 * `chunked` alone is what every reader understands alike. RFC 9112 §6.1 has a 501 for a coding before it that is not
 * understood, §6.3 a 400 where `chunked` is not final, §7.1 forbids applying it twice.
 */
function classifyCodings(bytes: Uint8Array, start: number, end: number): number {
  if (equalsIgnoringCase(bytes, start, end, 'chunked')) return CODING_CHUNKED
  let coding = CODING_MALFORMED
  for (let at = start; at < end; ) {
    let stop = at
    while (stop < end && bytes[stop] !== COMMA) stop++
    const from = skipSpaces(bytes, at, stop)
    const isLast = stop === end
    const isChunked = equalsIgnoringCase(bytes, from, trimBlanks(bytes, from, stop), 'chunked')
    if (isLast !== isChunked || !isTokenStart(bytes, from, stop)) return CODING_MALFORMED
    coding = CODING_UNKNOWN
    at = stop + 1
  }
  return bytes[end - 1] === COMMA ? CODING_MALFORMED : coding
}

function isTokenStart(bytes: Uint8Array, from: number, stop: number): boolean {
  return from < stop && ((OCTET_CLASS[bytes[from] as number] as number) & TOKEN) !== 0
}

/** The value of the digits, or why it has none: a sign, a list, a fraction (malformed); more than 2^53 − 1 (too large). */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const octet = bytes[at] as number
    if (((OCTET_CLASS[octet] as number) & DIGIT) === 0) return LENGTH_MALFORMED
    if (at - start < LENGTH_DIGITS) value = value * 10 + (octet - ZERO)
  }
  return end - start > LENGTH_DIGITS || value > Number.MAX_SAFE_INTEGER ? LENGTH_TOO_LARGE : value
}

function skipSpaces(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  while (next < end && bytes[next] === SP) next++
  return next
}

function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  while (next < end && (bytes[next] === SP || bytes[next] === HTAB)) next++
  return next
}

function trimBlanks(bytes: Uint8Array, start: number, end: number): number {
  let last = end
  while (last > start && (bytes[last - 1] === SP || bytes[last - 1] === HTAB)) last--
  return last
}

/** Whether a tab stands in the whitespace between a value that ends at `end` and its CRLF. */
function hasTrailingTab(bytes: Uint8Array, end: number): boolean {
  let at = end
  while (bytes[at] === SP) at++
  return bytes[at] === HTAB
}
