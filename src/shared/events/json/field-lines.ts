/**
 * FieldLineScanner: finds the field lines of a block of `name: value CRLF` lines, as ranges. Pure; reused.
 *
 * The block was accepted by a layer before (RFC 9112 §5, or written from HPACK), so this splits and does not judge: names as
 * they were sent, values without the optional whitespace around them (RFC 9110 §5.6.3). One pass over the octets, whatever
 * they are. No thread of its own.
 */

import { REDACTED, type RedactedNames } from '../redacted-names.ts'
import type { RedactedQuery } from '../redacted-query.ts'

export type FieldLine = readonly [name: string, value: string]

const SPACE = 0x20
const TAB = 0x09
const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a

export class FieldLineScanner {
  nameStart = 0
  nameEnd = 0
  valueStart = 0
  valueEnd = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0

  /** Begins with the block `bytes[start, end)`. */
  start(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Moves to the next line; false at the end of the block. Lines without a character are passed over. */
  next(): boolean {
    while (this.#at < this.#end) if (this.#line()) return true
    return false
  }

  #line(): boolean {
    const bytes = this.#bytes
    const end = this.#end
    const start = this.#at
    // From the second octet: HTTP/2 pseudo-header names begin with a colon (RFC 9113 §8.3).
    let at = bytes[start] === COLON ? start + 1 : start
    while (at < end && bytes[at] !== COLON && bytes[at] !== LF) at++
    const colon = at
    while (at < end && bytes[at] !== LF) at++
    this.#at = at + 1
    this.nameStart = start
    this.nameEnd = colon
    this.valueStart = colon
    this.valueEnd = colon
    if (bytes[colon] === COLON && colon < at) {
      this.#trimValue(colon + 1, at)
      return true
    }
    // A line that was cut in its name, or obs-fold that a lenient layer let pass.
    while (this.nameStart < this.nameEnd && isBlank(bytes[this.nameStart])) this.nameStart++
    while (this.nameEnd > this.nameStart && isBlank(bytes[this.nameEnd - 1])) this.nameEnd--
    return this.nameEnd > this.nameStart
  }

  #trimValue(start: number, end: number): void {
    const bytes = this.#bytes
    let from = start
    let to = end
    while (from < to && isBlank(bytes[from])) from++
    while (to > from && isBlank(bytes[to - 1])) to--
    this.valueStart = from
    this.valueEnd = to
  }
}

const scanner = new FieldLineScanner()

/** The lines of the Latin-1 block `bytes[start, end)` as names and values, secrets replaced. */
export function splitFieldLines(bytes: Buffer, start: number, end: number, redacted: RedactedNames, query: RedactedQuery): FieldLine[] {
  const text = bytes.toString('latin1', start, end)
  const lines: FieldLine[] = []
  scanner.start(bytes, start, end)
  while (scanner.next()) {
    const { nameStart, nameEnd, valueStart, valueEnd } = scanner
    const value = redacted.covers(bytes, nameStart, nameEnd) ? REDACTED : text.slice(valueStart - start, valueEnd - start)
    const told = query.isUrlField(bytes, nameStart, nameEnd) ? query.redact(value) : value
    lines.push([text.slice(nameStart - start, nameEnd - start), told])
  }
  return lines
}

function isBlank(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR
}
