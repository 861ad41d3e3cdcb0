/**
 * HeaderList: the fields of one header block as HPACK gives them, in FieldSection form: every field a line of one scratch
 * buffer, pseudo-header fields first, so that the regular lines are one block. Reused; valid until the next block. Worker thread.
 *
 *     bytes   ":method: GET\r\n:path: /\r\n … accept: x\r\ncookie: a=1\r\n …"
 *                      └pseudoStart/End  └fields.start                     └fields.end
 *
 * It knows the order and the octets of fields, not what a request or a response needs (`head-rules.ts`).
 */

import type { FieldSection } from '../../../../shared/http/field-section.ts'
import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../../shared/violations/http2.ts'
import { MessageHead } from '../../http/message-head.ts'
import { ENTRY_OVERHEAD } from '../hpack/dynamic-table.ts'
import { BAD_NAME, CONNECTION_SPECIFIC, COOKIE, isFieldValue, LAST_PSEUDO, UNKNOWN_PSEUDO } from './field-name.ts'

const FIRST_BYTES = 2_048
/** Memory that survives a block: larger scratch buffers are given back. */
const RETAINED_BYTES = 16_384
const BINARY_SUFFIX = Buffer.from('-bin')
const SP = 0x20
const HTAB = 0x09

/** Line flags: the field was a literal "never indexed" (RFC 7541 §6.2.3), which whoever encodes it again must keep. */
export const NEVER_INDEXED = 1

/** `meta` of a line: the number of its name, and whether its value is malformed. */
const BAD_VALUE = 0x80
const NAME_MASK = 0x7f

export class HeaderList {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES)
  /** Octets written; the last line may be incomplete while HPACK decodes it. */
  length = 0
  /** The head that `head-rules.ts` fills; its fields are the regular field lines. */
  readonly head: MessageHead = new MessageHead()
  readonly fields: FieldSection = this.head.fields
  /** Number of the name and flags of each regular line. */
  names: Uint8Array = new Uint8Array(32)
  flags: Uint8Array = new Uint8Array(32)
  /** By number of the pseudo-header field: its value; a start of −1 means that it is absent. */
  readonly pseudoStart: Int32Array = new Int32Array(LAST_PSEUDO + 1)
  readonly pseudoEnd: Int32Array = new Int32Array(LAST_PSEUDO + 1)
  readonly pseudoFlags: Uint8Array = new Uint8Array(LAST_PSEUDO + 1)
  pseudoCount = 0
  /** A bit per name number that a regular line has: rules are looked for only where there is something to judge. */
  seen = 0
  /** The value of Content-Length, once `head-rules.ts` has read it; −1: none. */
  contentLength = -1
  /** Lines named Cookie: above one they are joined for the handler (RFC 9113 §8.2.3). */
  cookies = 0
  /** RFC 9113 §6.5.2: names and values uncompressed, plus 32 octets each. */
  size = 0
  /** `size` went beyond `maxSize`: what is kept is a prefix. */
  overflow = false
  maxSize: number
  /** The receiver takes binary metadata of gRPC as it is, in values that begin with NUL. */
  allowsBinaryMetadata = false
  /** The first rule that a field broke. */
  problem: Http2Violation | undefined = undefined

  constructor(maxSize: number) {
    this.maxSize = maxSize
  }

  reset(): void {
    if (this.bytes.length > RETAINED_BYTES) this.bytes = new Uint8Array(FIRST_BYTES)
    this.length = 0
    this.fields.reset(this.bytes, 0)
    this.pseudoStart.fill(-1)
    this.pseudoCount = 0
    this.cookies = 0
    this.seen = 0
    this.contentLength = -1
    this.size = 0
    this.overflow = false
    this.problem = undefined
  }

  /** Makes room for `count` octets behind `length`. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const wider = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    wider.set(this.bytes.subarray(0, this.length))
    this.bytes = wider
    this.fields.bytes = wider
  }

  /** Counts a field; false where it is beyond the limit, and not to be kept. */
  admit(nameLength: number, valueLength: number): boolean {
    this.size += nameLength + valueLength + ENTRY_OVERHEAD
    if (this.size > this.maxSize) this.overflow = true
    return !this.overflow
  }

  /** Takes the line that has been written at `bytes[start …)`, and ends at `length`. */
  commit(start: number, nameLength: number, valueLength: number, meta: number, flags: number): void {
    const name = meta & NAME_MASK
    const valueStart = start + nameLength + 2
    const isBinary = (meta & BAD_VALUE) !== 0 && this.#isBinaryMetadata(start, valueStart, valueLength)
    const valueEnd = isBinary ? this.#writeBase64(valueStart, valueLength) : valueStart + valueLength
    if (name !== 0 && name <= UNKNOWN_PSEUDO) this.#pseudo(name, valueStart, valueEnd, flags)
    else this.#regular(start, nameLength, valueStart, valueEnd, name, flags)
    if ((meta & BAD_VALUE) !== 0 && !isBinary) this.problem ??= HTTP2_VIOLATIONS.http2_field_value
  }

  has(pseudo: number): boolean {
    return this.pseudoStart[pseudo] !== -1
  }

  /** The regular field of line `line` is to be encoded as never indexed. */
  isNeverIndexed(line: number): boolean {
    return ((this.flags[line] as number) & NEVER_INDEXED) !== 0
  }

  #isBinaryMetadata(start: number, valueStart: number, valueLength: number): boolean {
    if (!this.allowsBinaryMetadata || valueLength === 0 || this.bytes[valueStart] !== 0) return false
    const suffix = valueStart - 2 - BINARY_SUFFIX.length
    return suffix >= start && BINARY_SUFFIX.every((octet, at) => this.bytes[suffix + at] === octet)
  }

  /** Writes the base64 that gRPC has elsewhere in the place of a binary value: a line may contain anything but its own end. */
  #writeBase64(valueStart: number, valueLength: number): number {
    const value = Buffer.from(this.bytes.subarray(valueStart + 1, valueStart + valueLength))
    const text = Buffer.from(`${value.toString('base64').replace(/=+$/, '')}\r\n`)
    this.length = valueStart
    this.reserve(text.length)
    this.bytes.set(text, valueStart)
    this.length += text.length
    return this.length - 2
  }

  #pseudo(name: number, start: number, end: number, flags: number): void {
    if (name > LAST_PSEUDO) this.problem ??= HTTP2_VIOLATIONS.http2_pseudo_unknown
    else if (this.fields.count > 0) this.problem ??= HTTP2_VIOLATIONS.http2_pseudo_late
    else if (this.has(name)) this.problem ??= HTTP2_VIOLATIONS.http2_pseudo_repeated
    else {
      this.pseudoStart[name] = start
      this.pseudoEnd[name] = end
      this.pseudoFlags[name] = flags
      this.pseudoCount++
    }
    if (this.fields.count === 0) this.fields.start = this.length
    this.fields.end = this.length
  }

  #regular(start: number, nameLength: number, valueStart: number, valueEnd: number, name: number, flags: number): void {
    const { fields, bytes } = this
    const line = fields.count
    if (line === this.names.length) this.#growLines()
    this.names[line] = name
    this.flags[line] = flags
    this.seen |= 1 << name
    let from = valueStart
    let to = valueEnd
    // §8.2.1 forbids whitespace around a value; it is common and harmless, so only the view of it is trimmed.
    while (from < to && isWhitespace(bytes[from] as number)) from++
    while (from < to && isWhitespace(bytes[to - 1] as number)) to--
    fields.add(start, start + nameLength, from, to)
    fields.end = this.length
    if (name === COOKIE) this.cookies++
    else if (name === CONNECTION_SPECIFIC) this.problem ??= HTTP2_VIOLATIONS.http2_connection_field
    else if (name === BAD_NAME) this.problem ??= HTTP2_VIOLATIONS.http2_field_name
  }

  #growLines(): void {
    const names = new Uint8Array(this.names.length * 2)
    const flags = new Uint8Array(this.names.length * 2)
    names.set(this.names)
    flags.set(this.flags)
    this.names = names
    this.flags = flags
  }
}

/** `meta` of a field whose name has `number`. */
export function lineMeta(number: number, bytes: Uint8Array, valueStart: number, valueEnd: number): number {
  return isFieldValue(bytes, valueStart, valueEnd) ? number : number | BAD_VALUE
}

export function nameNumber(meta: number): number {
  return meta & NAME_MASK
}

function isWhitespace(octet: number): boolean {
  return octet === SP || octet === HTAB
}
