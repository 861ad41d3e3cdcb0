/**
 * ChunkedScanner: walks a chunked body up to its trailer section (RFC 9112 §7.1), octets in any split. It finds the spans of
 * data and the first octet that breaks the grammar; it copies nothing. The trailer section is HeadParser's. Worker thread.
 *
 *     chunk      = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *     last-chunk = 1*("0")    [ chunk-ext ] CRLF                   then: trailer-section CRLF
 */

import { CHUNK_LINE_BYTES, LENGTH_DIGITS } from '../../../../shared/limits/layers/http1.ts'
import { HTTP1_VIOLATIONS } from '../../../../shared/violations/http1.ts'
import type { Violation } from '../../../../shared/violations/violation.ts'
import { CR, HEX, LF, OCTET_CLASS, SEMICOLON, VALUE } from '../head/octet-class.ts'

/** All octets given are walked. */
export const CHUNKED_NEED_MORE = 0
/** `[dataStart, at)` is chunk data. */
export const CHUNKED_DATA = 1
/** The last chunk's line is over: the trailer section begins at `at`. */
export const CHUNKED_LAST = 2
/** The octet at `at` breaks the rule `violation`. */
export const CHUNKED_VIOLATION = 3
export type ChunkedStatus = typeof CHUNKED_NEED_MORE | typeof CHUNKED_DATA | typeof CHUNKED_LAST | typeof CHUNKED_VIOLATION

// States, in wire order.
const SIZE_FIRST = 0
const SIZE = 1
const EXTENSION = 2
const SIZE_LF = 3
const DATA = 4
const DATA_CR = 5
const DATA_LF = 6

export class ChunkedScanner {
  /** How far the octets of the last call were walked. */
  at = 0
  dataStart = 0
  violation: Violation = HTTP1_VIOLATIONS.http1_bad_chunk_size
  #state = SIZE_FIRST
  /** Size of the chunk while its line is read, then what is left of its data. */
  #left = 0
  #lineBytes = 0

  /** A new body begins. */
  reset(): void {
    this.#state = SIZE_FIRST
  }

  /** Walks `bytes[start, end)` up to the next fact. */
  next(bytes: Uint8Array, start: number, end: number): ChunkedStatus {
    this.at = start
    while (this.at < end) {
      switch (this.#state) {
        case SIZE_FIRST:
          this.#left = 0
          this.#lineBytes = 0
          // A size has at least one digit: an empty line here, a sign or a space is no size.
          if (((OCTET_CLASS[bytes[this.at] as number] as number) & HEX) === 0) return this.#fail(HTTP1_VIOLATIONS.http1_bad_chunk_size)
          this.#state = SIZE
          break
        case SIZE: {
          const violation = this.#size(bytes, end)
          if (violation !== undefined) return this.#fail(violation)
          break
        }
        case EXTENSION: {
          const violation = this.#extension(bytes, end)
          if (violation !== undefined) return this.#fail(violation)
          break
        }
        case SIZE_LF:
          if (bytes[this.at] !== LF) return this.#fail(HTTP1_VIOLATIONS.http1_bare_cr)
          this.at++
          if (this.#left === 0) return CHUNKED_LAST
          this.#state = DATA
          break
        case DATA: {
          const take = Math.min(this.#left, end - this.at)
          this.dataStart = this.at
          this.at += take
          this.#left -= take
          if (this.#left === 0) this.#state = DATA_CR
          return CHUNKED_DATA
        }
        case DATA_CR:
          if (bytes[this.at] !== CR) return this.#fail(HTTP1_VIOLATIONS.http1_bad_chunk_end)
          this.at++
          this.#state = DATA_LF
          break
        default:
          if (bytes[this.at] !== LF) return this.#fail(HTTP1_VIOLATIONS.http1_bad_chunk_end)
          this.at++
          this.#state = SIZE_FIRST
      }
    }
    return CHUNKED_NEED_MORE
  }

  /**
   * Hexadecimal digits, ended by CR or ";". RFC 9112 §7.1: "A recipient MUST anticipate potentially large hexadecimal numerals
   * and prevent parsing errors due to integer conversion overflows": readers that wrap around see another length.
   */
  #size(bytes: Uint8Array, end: number): Violation | undefined {
    while (this.at < end) {
      const octet = bytes[this.at] as number
      if (((OCTET_CLASS[octet] as number) & HEX) === 0) return this.#sizeEnd(octet)
      const size = this.#left * 16 + hexDigit(octet)
      if (++this.#lineBytes > LENGTH_DIGITS || size > Number.MAX_SAFE_INTEGER) return HTTP1_VIOLATIONS.http1_chunk_size_too_large
      this.#left = size
      this.at++
    }
    return undefined
  }

  #sizeEnd(octet: number): Violation | undefined {
    switch (octet) {
      case CR:
        this.#state = SIZE_LF
        break
      case SEMICOLON:
        this.#state = EXTENSION
        break
      case LF:
        return HTTP1_VIOLATIONS.http1_bare_lf
      default:
        // A space too: RFC 9112 §7.1.1 allows "bad whitespace" before an extension, which readers skip or do not.
        return HTTP1_VIOLATIONS.http1_bad_chunk_size
    }
    this.at++
    return undefined
  }

  /** Extensions are relayed, bounded and otherwise ignored (RFC 9112 §7.1.1): only what could end the line early matters. */
  #extension(bytes: Uint8Array, end: number): Violation | undefined {
    const start = this.at
    const bound = start + CHUNK_LINE_BYTES - this.#lineBytes
    const stop = Math.min(end, bound)
    let p = start
    while (p < stop && ((OCTET_CLASS[bytes[p] as number] as number) & VALUE) !== 0) p++
    this.#lineBytes += p - start
    this.at = p
    if (p === end) return undefined
    if (bytes[p] === CR) {
      this.#state = SIZE_LF
      this.at++
      return undefined
    }
    if (bytes[p] === LF) return HTTP1_VIOLATIONS.http1_bare_lf
    const isControl = ((OCTET_CLASS[bytes[p] as number] as number) & VALUE) === 0
    return isControl ? HTTP1_VIOLATIONS.http1_bad_chunk_extension : HTTP1_VIOLATIONS.http1_chunk_line_too_long
  }

  #fail(violation: Violation): ChunkedStatus {
    this.violation = violation
    return CHUNKED_VIOLATION
  }
}

/** The value of an octet known to be a hexadecimal digit: the low nibble, plus nine for a letter. */
function hexDigit(octet: number): number {
  return (octet & 0x0f) + (octet >> 6) * 9
}
