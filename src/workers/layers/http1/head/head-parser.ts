/**
 * HeadParser: reads a message head, or a trailer section, in place, line by line (RFC 9112 §2.1, §5, §7.1.2). It keeps no octet:
 * the caller passes one contiguous buffer, the chunk itself or what it has withheld of a split head. Worker thread.
 *
 *     reset(start) ─▶ advance(bytes, end) ─▶ HEAD_COMPLETE    `head`, `facts`, `end` are filled
 *                       ▲        │           HEAD_VIOLATION   `violation` says which rule
 *                       └────────┴─────────  HEAD_NEED_MORE   again, with the same octets and more behind them
 *
 * Each line is read once it is whole, so what is told does not depend on the split. A line that came up short is searched for
 * its LF from where the search stopped, and parsed when the LF is there: no octet is looked at more than three times.
 */

import { LEADING_EMPTY_LINES } from '../../../../shared/limits/layers/http1.ts'
import { HTTP1_VIOLATIONS } from '../../../../shared/violations/http1.ts'
import type { Violation } from '../../../../shared/violations/violation.ts'
import { MessageHead } from '../../http/message-head.ts'
import { INCOMPLETE, parseFieldLine } from './field-line.ts'
import { HeadFacts } from './head-facts.ts'
import { CR, HTAB, LF, SP } from './octet-class.ts'
import { parseRequestLine, parseStatusLine } from './start-line.ts'

export const HEAD_COMPLETE = 0
export const HEAD_NEED_MORE = 1
export const HEAD_VIOLATION = 2
export type HeadStatus = typeof HEAD_COMPLETE | typeof HEAD_NEED_MORE | typeof HEAD_VIOLATION

/** What a parser reads. */
export const REQUEST = 0
export const RESPONSE = 1
export const TRAILERS = 2
export type SectionKind = typeof REQUEST | typeof RESPONSE | typeof TRAILERS

const NO_OCTETS = new Uint8Array(0)

/** Parsers that wait for the next section of this thread, and how many of these are kept. */
const spareParsers: HeadParser[] = []
const SPARE_PARSERS = 16

/** A parser for one section, until its `release`: an idle connection keeps none, and the next section finds one that is warm. */
export function borrowHeadParser(kind: SectionKind, headBytes: number, headFields: number): HeadParser {
  const parser = spareParsers.pop()
  if (parser === undefined) return new HeadParser(kind, headBytes, headFields)
  parser.prepare(kind, headBytes, headFields)
  return parser
}

export class HeadParser {
  readonly head = new MessageHead()
  readonly facts = new HeadFacts()
  /** After HEAD_VIOLATION: the rule that was broken. */
  violation: Violation = HTTP1_VIOLATIONS.http1_bad_request_line
  /** After HEAD_COMPLETE: the position after the empty line. */
  end = 0
  #kind: SectionKind
  #headBytes: number
  #headFields: number
  #start = 0
  /** The start of the line to be read next. */
  #line = 0
  /** How far the LF of that line has been searched for. */
  #searched = 0
  #inFields = false
  #emptyLines = 0

  constructor(kind: SectionKind, headBytes: number, headFields: number) {
    this.#kind = kind
    this.#headBytes = headBytes
    this.#headFields = headFields
  }

  prepare(kind: SectionKind, headBytes: number, headFields: number): void {
    this.#kind = kind
    this.#headBytes = headBytes
    this.#headFields = headFields
  }

  /** Begins a section at `start` of the buffer that `advance` will be given. */
  reset(start: number): void {
    this.#start = start
    this.#line = start
    this.#searched = start
    this.#emptyLines = 0
    this.#inFields = this.#kind === TRAILERS
    this.facts.reset()
    this.head.authorityStart = this.head.authorityEnd = start
    this.head.fields.reset(NO_OCTETS, start)
  }

  /** Whether any octet of a message has come: empty lines before a request are none (RFC 9112 §2.2). */
  hasBegun(end: number): boolean {
    return this.#inFields || end > this.#line
  }

  /** Reads on, in `bytes[…, end)`, which begins with the octets of the calls before. */
  advance(bytes: Uint8Array, end: number): HeadStatus {
    const limit = this.#start + this.#headBytes
    const stop = Math.min(end, limit)
    this.head.fields.bytes = bytes
    for (;;) {
      if (this.#searched > this.#line) {
        const lf = bytes.indexOf(LF, this.#searched)
        if (lf === -1 || lf >= stop) return this.#wantMore(stop, limit)
      }
      const next = this.#readLine(bytes, stop)
      if (typeof next !== 'number') return this.#judge(next, bytes, stop, limit)
      if (next === INCOMPLETE) return this.#wantMore(stop, limit)
      const wasEmpty = next === this.#line + 2
      this.#line = next
      this.#searched = next
      if (wasEmpty && this.#inFields) {
        this.head.fields.end = next - 2
        this.end = next
        return HEAD_COMPLETE
      }
      if (wasEmpty) this.#emptyLines++
      else if (!this.#inFields) this.#beginFields(bytes)
    }
  }

  /** The section is done with: neither the parser nor what it has read may be used any more, for others will. */
  release(): void {
    this.head.fields.release()
    if (spareParsers.length < SPARE_PARSERS) spareParsers.push(this)
  }

  #beginFields(bytes: Uint8Array): void {
    this.#inFields = true
    this.head.fields.reset(bytes, this.#line)
  }

  /** The position after the line at `#line`, INCOMPLETE, or the rule that it breaks. */
  #readLine(bytes: Uint8Array, stop: number): number | Violation {
    const at = this.#line
    if (at >= stop) return INCOMPLETE
    const first = bytes[at]
    if (first === CR && (this.#inFields || this.#kind === REQUEST)) return this.#readEmptyLine(bytes, at, stop)
    if (!this.#inFields) {
      return this.#kind === REQUEST ? parseRequestLine(bytes, at, stop, this.head) : parseStatusLine(bytes, at, stop, this.head)
    }
    const { fields } = this.head
    if (first === SP || first === HTAB) {
      return fields.count === 0 ? HTTP1_VIOLATIONS.http1_whitespace_before_first_field : HTTP1_VIOLATIONS.http1_obs_fold
    }
    const next = parseFieldLine(bytes, at, stop, fields)
    if (typeof next !== 'number' || next === INCOMPLETE) return next
    if (fields.count > this.#headFields) return HTTP1_VIOLATIONS.http1_too_many_fields
    this.facts.note(this.head)
    return next
  }

  #readEmptyLine(bytes: Uint8Array, at: number, stop: number): number | Violation {
    if (at + 1 === stop) return INCOMPLETE
    if (bytes[at + 1] !== LF) return HTTP1_VIOLATIONS.http1_bare_cr
    if (!this.#inFields && this.#emptyLines === LEADING_EMPTY_LINES) return HTTP1_VIOLATIONS.http1_too_many_empty_lines
    return at + 2
  }

  #wantMore(stop: number, limit: number): HeadStatus {
    this.#searched = stop
    if (stop < limit) return HEAD_NEED_MORE
    const isRequestLine = this.#kind === REQUEST && !this.#inFields
    this.violation = isRequestLine ? HTTP1_VIOLATIONS.http1_request_line_too_long : HTTP1_VIOLATIONS.http1_head_too_large
    return HEAD_VIOLATION
  }

  /** A violation holds once its line is whole; until then the line is merely incomplete. */
  #judge(violation: Violation, bytes: Uint8Array, stop: number, limit: number): HeadStatus {
    const lf = bytes.indexOf(LF, this.#line)
    if (lf === -1 || lf >= stop) return this.#wantMore(stop, limit)
    this.violation = violation
    return HEAD_VIOLATION
  }
}
