/**
 * HeadParser: the first request head on a proxy connection (RFC 9112 §3, §5; RFC 9110 §9.3.6). Sans-io and strict.
 *
 * One per connection. Bytes come in as they arrive; what is not yet a head is kept in one buffer that never outgrows
 * `head_bytes`. A line is looked at once, when its LF is there: the search for LF goes on where it ended, so a head that
 * trickles in octet by octet costs no more than one that comes whole. Main thread.
 *
 *     FIRST_OCTETS ──HTTP──▶ REQUEST_LINE ──CRLF──▶ FIELD_LINE ──CRLF──▶ FIELD_LINE … ──empty line──▶ DONE
 *          └─ TLS, SOCKS, HTTP/2, PROXY ─┐   └─ any broken rule ─┐   └─ any broken rule ─┐
 *                                        ▼                       ▼                       ▼   FAILED
 *
 * Strictness: this head decides where bytes go, and what follows it belongs to somebody else. Whatever two readers could
 * understand differently is refused, never repaired: bare CR and LF, folding, whitespace before colons, announced content.
 */

import { invariant } from '../../shared/assert.ts'
import { FieldSection, latin1 } from '../../shared/http/field-section.ts'
import { HEAD_FIRST_ALLOCATION_BYTES, METHOD_MAX_BYTES } from '../../shared/limits/connect.ts'
import { CONNECT_VIOLATIONS as violations } from '../../shared/violations/connect.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import { EMPTY_LINE, REQUEST_LINE as IS_REQUEST_LINE, recogniseFirstOctets, UNDECIDED } from './first-octets.ts'
import { fieldValueEnd, tokenEnd, visibleEnd } from './head-octets.ts'
import type { ParsedHead } from './parsed-head.ts'
import { resolveTarget } from './request-target.ts'

export const NEED_MORE = 0

export type HeadOutcome = typeof NEED_MORE | ParsedHead | Violation

export interface HeadLimits {
  /** Octets of the whole head, empty line included. */
  readonly headBytes: number
  readonly headFields: number
}

const FIRST_OCTETS = 0
const REQUEST_LINE = 1
const FIELD_LINE = 2
const DONE = 3
const FAILED = 4
type State = typeof FIRST_OCTETS | typeof REQUEST_LINE | typeof FIELD_LINE | typeof DONE | typeof FAILED

const HTAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SP = 0x20
const COLON = 0x3a
const CRLF_BYTES = 2
/** `HTTP/1.1` */
const VERSION_BYTES = 8
const VERSION = /^HTTP\/([0-9])\.([0-9])$/

/** Whether an outcome is a violation. */
export function isViolation(outcome: HeadOutcome): outcome is Violation {
  return outcome !== NEED_MORE && 'code' in outcome
}

export class HeadParser {
  readonly #limits: HeadLimits
  readonly #fields = new FieldSection()
  #state: State = FIRST_OCTETS
  #buffer: Uint8Array = new Uint8Array(0)
  /** Octets of the head in the buffer. */
  #used = 0
  /** Where the request line begins: 0, or 2 after an empty line. */
  #start = 0
  #lineStart = 0
  /** Where the search for LF goes on. */
  #searchFrom = 0
  #method = ''
  #target = ''
  #version: 10 | 11 = 11

  constructor(limits: HeadLimits) {
    this.#limits = limits
  }

  /** Octets taken in so far, at most `headBytes`. */
  get bytesKept(): number {
    return this.#used
  }

  /** Takes bytes in. After a head or a violation the parser has done its work and must not be called again. */
  execute(bytes: Uint8Array): HeadOutcome {
    invariant(this.#state < DONE, 'a head parser is fed after its outcome')
    const before = this.#used
    this.#keep(bytes)
    const outcome = this.#advance()
    if (outcome === NEED_MORE) return NEED_MORE
    if (outcome !== DONE) {
      this.#state = FAILED
      return outcome
    }
    this.#state = DONE
    return this.#finishHead(bytes.subarray(this.#lineStart - before))
  }

  /** The client has half-closed. A violation if it did so inside a head; nothing at all is no head. */
  finish(): Violation | undefined {
    if (this.#state >= DONE || this.#used === 0) return undefined
    this.#state = FAILED
    return violations.connect_truncated
  }

  /** Copies what may still belong to the head: the bound stands before the allocation. */
  #keep(bytes: Uint8Array): void {
    const count = Math.min(bytes.length, this.#limits.headBytes - this.#used)
    const needed = this.#used + count
    if (needed > this.#buffer.length) {
      const doubled = Math.max(needed, this.#buffer.length * 2, HEAD_FIRST_ALLOCATION_BYTES)
      const wider = new Uint8Array(Math.min(doubled, this.#limits.headBytes))
      wider.set(this.#buffer.subarray(0, this.#used))
      this.#buffer = wider
    }
    this.#buffer.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.#used)
    this.#used = needed
  }

  /** Consumes whole lines until the head is complete (DONE), a rule is broken, or no whole line is left. */
  #advance(): typeof NEED_MORE | typeof DONE | Violation {
    if (this.#state === FIRST_OCTETS) {
      const first = recogniseFirstOctets(this.#buffer, this.#used)
      if (first === UNDECIDED) return NEED_MORE
      if (first !== IS_REQUEST_LINE && first !== EMPTY_LINE) return first
      this.#start = first === EMPTY_LINE ? CRLF_BYTES : 0
      this.#lineStart = this.#searchFrom = this.#start
      this.#state = REQUEST_LINE
    }
    for (;;) {
      const lf = indexOfLf(this.#buffer, this.#searchFrom, this.#used)
      if (lf === -1) {
        this.#searchFrom = this.#used
        return this.#used < this.#limits.headBytes ? NEED_MORE : this.#tooLong()
      }
      const isEmpty = lf === this.#lineStart + 1 && this.#buffer[this.#lineStart] === CR
      const violation = this.#line(this.#lineStart, lf, isEmpty)
      if (violation !== undefined) return violation
      this.#lineStart = this.#searchFrom = lf + 1
      if (isEmpty) return DONE
    }
  }

  #tooLong(): Violation {
    // RFC 9112 §3: a target longer than the server wishes to parse is a 414; RFC 6585 §5: fields that are too large, a 431.
    return this.#state === REQUEST_LINE ? violations.connect_target_too_long : violations.connect_head_too_large
  }

  /** Takes the line whose LF is at `lf` in. */
  #line(start: number, lf: number, isEmpty: boolean): Violation | undefined {
    // RFC 9112 §2.2 lets a recipient take a lone LF for a line end; one that does and one that does not see different heads.
    if (lf === start || this.#buffer[lf - 1] !== CR) return violations.connect_bare_lf
    if (this.#state === REQUEST_LINE) {
      this.#state = FIELD_LINE
      const violation = isEmpty ? violations.connect_bad_request_line : this.#requestLine(start, lf - 1)
      this.#fields.reset(this.#buffer, lf + 1)
      return violation
    }
    return isEmpty ? undefined : this.#fieldLine(start, lf - 1)
  }

  /** `method SP request-target SP HTTP-version` (RFC 9112 §3), in `[start, end)`. */
  #requestLine(start: number, end: number): Violation | undefined {
    const bytes = this.#buffer
    const methodEnd = tokenEnd(bytes, start, end)
    if (methodEnd === end) return violations.connect_bad_request_line
    if (bytes[methodEnd] !== SP) return bytes[methodEnd] === CR ? violations.connect_bare_cr : violations.connect_bad_method
    if (methodEnd - start > METHOD_MAX_BYTES) return violations.connect_method_too_long
    const targetEnd = visibleEnd(bytes, methodEnd + 1, end)
    if (targetEnd === end || targetEnd === methodEnd + 1) return violations.connect_bad_request_line
    if (bytes[targetEnd] !== SP) return bytes[targetEnd] === CR ? violations.connect_bare_cr : violations.connect_bad_target
    if (end - targetEnd - 1 !== VERSION_BYTES) return violations.connect_bad_request_line
    const version = VERSION.exec(latin1(bytes, targetEnd + 1, end))
    if (version === null) return violations.connect_bad_request_line
    if (version[1] !== '1') return violations.connect_version_not_supported
    this.#method = latin1(bytes, start, methodEnd)
    this.#target = latin1(bytes, methodEnd + 1, targetEnd)
    this.#version = version[2] === '0' ? 10 : 11
    return undefined
  }

  /** `field-name ":" OWS field-value OWS` (RFC 9112 §5), in `[start, end)`. */
  #fieldLine(start: number, end: number): Violation | undefined {
    const bytes = this.#buffer
    if (bytes[start] === SP || bytes[start] === HTAB) return violations.connect_obs_fold
    if (this.#fields.count === this.#limits.headFields) return violations.connect_too_many_fields
    const nameEnd = tokenEnd(bytes, start, end)
    if (nameEnd === end) return violations.connect_missing_colon
    if (bytes[nameEnd] !== COLON) return fieldNameViolation(bytes[nameEnd] as number)
    if (nameEnd === start) return violations.connect_bad_field_name
    let valueStart = nameEnd + 1
    while (valueStart < end && isBlank(bytes[valueStart] as number)) valueStart++
    const stop = fieldValueEnd(bytes, valueStart, end)
    if (stop !== end) return bytes[stop] === CR ? violations.connect_bare_cr : violations.connect_bad_field_value
    let valueEnd = end
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1] as number)) valueEnd--
    this.#fields.add(start, nameEnd, valueStart, valueEnd)
    this.#fields.end = end + CRLF_BYTES
    return undefined
  }

  /** The head is syntactically whole: judges what only the whole of it tells. */
  #finishHead(rest: Uint8Array): ParsedHead | Violation {
    // The buffer may have been replaced by a wider one since the section was reset; offsets hold in any copy.
    this.#fields.bytes = this.#buffer
    const resolved = resolveTarget(this.#method, this.#target, this.#version, this.#fields)
    if ('code' in resolved) return resolved
    return {
      kind: resolved.kind,
      method: this.#method,
      target: this.#target,
      host: resolved.host,
      port: resolved.port,
      path: resolved.path,
      version: this.#version,
      fields: this.#fields,
      raw: this.#buffer.subarray(this.#start, this.#lineStart),
      rest,
    }
  }
}

function fieldNameViolation(octet: number): Violation {
  if (octet === CR) return violations.connect_bare_cr
  // RFC 9112 §5.1: whitespace there has been used to smuggle fields past readers that ignore it; MUST be a 400.
  return isBlank(octet) ? violations.connect_space_before_colon : violations.connect_bad_field_name
}

function isBlank(octet: number): boolean {
  return octet === SP || octet === HTAB
}

/** Position of the next LF in `[from, end)`, or −1; a native search that does not run on into the unused part of the buffer. */
function indexOfLf(bytes: Uint8Array, from: number, end: number): number {
  const at = bytes.subarray(from, end).indexOf(LF)
  return at === -1 ? -1 : from + at
}
