/**
 * EventStreamParser: server-sent events, incrementally, as octets (WHATWG HTML §9.2.5 and §9.2.6).
 *
 * Sees the body octets of a `text/event-stream` response with every coding removed; alters nothing, cannot fail: every
 * octet string is an event stream. Pure. Worker thread.
 *
 *     BOM? ─▶ LINE_START ─▶ NAME ─":"─▶ COLON ─" "?─▶ VALUE ─┐         a line ends at LF, CR or CRLF; AFTER_CR swallows
 *                 ▲  │ ":" or unknown name ─▶ SKIP ──────────┤         the LF of a CRLF, whatever chunk it comes in
 *                 └──┴── line end (on an empty line: dispatch)┘
 *
 * Working on octets is sound: line ends, colon, space and digits are ASCII, and a UTF-8 decoder that meets a broken
 * sequence resumes at the octet that broke it. Values are consumed as spans, found by `indexOf`; a `data` line that
 * lies whole in the chunk is never copied.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { indexOrEnd } from '../../../shared/bytes/index-or-end.ts'
import { EVENT_DATA_BYTES, EVENT_ID_BYTES, EVENT_TYPE_BYTES, RETRY_MAX_MS } from '../../../shared/limits/layers/event-stream.ts'
import type { EventStreamHandler } from './event-stream-handler.ts'
import { StreamEvent } from './stream-event.ts'

const BOM_0 = 0
const BOM_1 = 1
const BOM_2 = 2
const LINE_START = 3
const AFTER_CR = 4
const NAME = 5
const COLON = 6
const VALUE = 7
const SKIP = 8

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON_BYTE = 0x3a
const ZERO = 0x30

/**
 * The known names, packed big-endian into one number (≤ 5 octets < 2⁵³). The length is compared too: `\0data` packs as `data` does.
 * They stand in BlockScanner as well: imported, a constant is loaded anew for each octet, which cost this parser 4 %.
 */
const DATA = 0x64617461
const EVENT = 0x6576656e74
const ID = 0x6964
const RETRY = 0x7265747279
const LONGEST_NAME = 5

const UNKNOWN = 0

export class EventStreamParser {
  readonly #handler: EventStreamHandler
  readonly #data: BoundedBytes
  readonly #type: BoundedBytes
  #id: BoundedBytes
  #idCandidate: BoundedBytes
  readonly #event: StreamEvent
  #state = BOM_0
  #name = 0
  #nameLength = 0
  #field = UNKNOWN
  /** Data lines of the current event: none means that a blank line dispatches nothing. */
  #dataLines = 0
  /** The first data line, while it can stay a view of the chunk in hand; −1 when `#data` has it. */
  #viewStart = -1
  #viewEnd = 0
  #retry = 0
  #fieldValid = true
  #retryMs = -1
  #hasId = false
  /** A field line, or the beginning of a line, has come since the last blank line. */
  #dirty = false
  #index = 0
  /** Octets of the body before the chunk in hand, and where the current event's block begins. */
  #consumed = 0
  #blockStart = 0

  constructor(handler: EventStreamHandler, keepDataBytes: number = EVENT_DATA_BYTES) {
    this.#handler = handler
    this.#data = new BoundedBytes(Math.min(keepDataBytes, EVENT_DATA_BYTES))
    this.#type = new BoundedBytes(EVENT_TYPE_BYTES)
    this.#id = new BoundedBytes(EVENT_ID_BYTES)
    this.#idCandidate = new BoundedBytes(EVENT_ID_BYTES)
    this.#event = new StreamEvent(this.#type, this.#id)
  }

  /** Events dispatched so far. */
  get events(): number {
    return this.#index
  }

  /** Octets in order, any split. `bytes` is not kept. */
  execute(bytes: Uint8Array): void {
    const end = bytes.length
    // Where the next line ends of both kinds are: looked up once each, so a body without CR is not searched per line.
    let nextLf = -1
    let nextCr = -1
    let at = 0
    while (at < end) {
      const byte = bytes[at] as number
      switch (this.#state) {
        case BOM_0:
        case BOM_1:
        case BOM_2:
          at = this.#readBom(byte, at)
          break
        case AFTER_CR:
          this.#state = LINE_START
          if (byte === LF) at++
          break
        case LINE_START:
          if (byte === LF || byte === CR) {
            at++
            this.#dispatch(bytes, at)
            this.#state = byte === CR ? AFTER_CR : LINE_START
          } else if (byte === COLON_BYTE) {
            at++
            this.#state = SKIP
          } else {
            this.#dirty = true
            this.#name = 0
            this.#nameLength = 0
            this.#state = NAME
          }
          break
        case NAME:
          if (byte === COLON_BYTE) {
            at++
            this.#beginField(bytes)
            this.#state = this.#field === UNKNOWN ? SKIP : COLON
          } else if (byte === LF || byte === CR) {
            at++
            this.#beginField(bytes)
            this.#endField()
            this.#state = byte === CR ? AFTER_CR : LINE_START
          } else {
            at = this.#readName(bytes, at, end)
          }
          break
        case COLON:
          this.#state = VALUE
          if (byte === SPACE) at++
          break
        default: {
          if (nextLf < at) nextLf = indexOrEnd(bytes, LF, at)
          if (nextCr < at) nextCr = indexOrEnd(bytes, CR, at)
          const stop = Math.min(nextLf, nextCr)
          if (this.#state === VALUE) {
            this.#value(bytes, at, stop, stop < end)
            if (stop < end) this.#endField()
          }
          if (stop < end) this.#state = stop === nextCr ? AFTER_CR : LINE_START
          at = stop + 1
        }
      }
    }
    if (this.#viewStart !== -1) this.#keepView(bytes)
    this.#consumed += end
  }

  /** The body has ended: reports an event that no blank line dispatched. */
  finish(): void {
    if (!this.#dirty) return
    this.#fill(this.#data.bytes, 0, this.#data.length, this.#consumed)
    this.#handler.onIncompleteEvent(this.#event)
    this.#reset(this.#consumed)
  }

  /** EF BB BF once at the start is dropped; anything else there begins the first line. Returns the next position. */
  #readBom(byte: number, at: number): number {
    const expected = this.#state === BOM_0 ? 0xef : this.#state === BOM_1 ? 0xbb : 0xbf
    if (byte === expected) {
      this.#state = this.#state === BOM_2 ? LINE_START : this.#state + 1
      return at + 1
    }
    // EF or EF BB without the rest begins no known name: the rest of that line is skipped.
    this.#dirty = this.#state !== BOM_0
    this.#state = this.#state === BOM_0 ? LINE_START : SKIP
    return at
  }

  /** Packs octets of a name until it ends, or is longer than any that is known. Returns the next position. */
  #readName(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    let name = this.#name
    let length = this.#nameLength
    for (; at < end && length <= LONGEST_NAME; at++) {
      const byte = bytes[at] as number
      if (byte === COLON_BYTE || byte === LF || byte === CR) break
      length++
      if (length <= LONGEST_NAME) name = name * 256 + byte
    }
    this.#name = name
    this.#nameLength = length
    if (length > LONGEST_NAME) this.#state = SKIP
    return at
  }

  #beginField(chunk: Uint8Array): void {
    this.#field = fieldOf(this.#name, this.#nameLength)
    this.#fieldValid = true
    switch (this.#field) {
      case DATA:
        if (this.#dataLines++ > 0) {
          if (this.#viewStart !== -1) this.#keepView(chunk)
          this.#data.appendByte(LF)
        }
        break
      case EVENT:
        this.#type.clear()
        break
      case ID:
        this.#idCandidate.clear()
        break
      case RETRY:
        this.#retry = -1
        break
    }
  }

  /** A span of the current field's value; `whole` when the line ends with it. */
  #value(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
    switch (this.#field) {
      case DATA:
        if (whole && this.#dataLines === 1 && this.#data.size === 0) {
          this.#viewStart = start
          this.#viewEnd = end
        } else {
          this.#data.append(bytes, start, end)
        }
        break
      case EVENT:
        this.#type.append(bytes, start, end)
        break
      case ID:
        // "If the field value does not contain U+0000 NULL": an id with NUL is ignored as a whole.
        for (let i = start; i < end; i++) if (bytes[i] === 0) this.#fieldValid = false
        this.#idCandidate.append(bytes, start, end)
        break
      case RETRY:
        for (let i = start; i < end; i++) {
          const digit = (bytes[i] as number) - ZERO
          if (digit < 0 || digit > 9) this.#fieldValid = false
          else this.#retry = Math.min(RETRY_MAX_MS, Math.max(0, this.#retry) * 10 + digit)
        }
        break
    }
  }

  #endField(): void {
    if (!this.#fieldValid) return
    if (this.#field === ID) {
      const previous = this.#id
      this.#id = this.#idCandidate
      this.#idCandidate = previous
      this.#event.adoptId(this.#id)
      this.#hasId = true
    } else if (this.#field === RETRY && this.#retry !== -1) {
      this.#retryMs = this.#retry
    }
  }

  /** Copies the data line that has been a view so far. */
  #keepView(chunk: Uint8Array): void {
    this.#data.append(chunk, this.#viewStart, this.#viewEnd)
    this.#viewStart = -1
  }

  /** An empty line, which ended at `at` of the chunk. */
  #dispatch(chunk: Uint8Array, at: number): void {
    const endOffset = this.#consumed + at
    if (this.#dataLines > 0) {
      if (this.#viewStart === -1) this.#fill(this.#data.bytes, 0, this.#data.length, endOffset)
      else this.#fill(chunk, this.#viewStart, this.#viewEnd, endOffset)
      this.#handler.onEvent(this.#event)
      this.#index++
    }
    if (this.#dirty || this.#dataLines > 0) this.#reset(endOffset)
    else this.#blockStart = endOffset
  }

  #fill(bytes: Uint8Array, start: number, end: number, endOffset: number): void {
    const event = this.#event
    const size = this.#viewStart === -1 ? this.#data.size : end - start
    event.index = this.#index
    event.bytes = bytes
    event.dataStart = start
    event.dataEnd = Math.min(end, start + this.#data.limit)
    event.dataSize = size
    event.truncated = size > event.dataEnd - start || this.#type.overflow || this.#id.overflow
    event.retryMs = this.#retryMs
    event.hasId = this.#hasId
    event.startOffset = this.#blockStart
    event.endOffset = endOffset
  }

  #reset(offset: number): void {
    this.#data.clear()
    this.#type.clear()
    this.#dataLines = 0
    this.#viewStart = -1
    this.#retryMs = -1
    this.#hasId = false
    this.#dirty = false
    this.#blockStart = offset
  }
}

function fieldOf(name: number, length: number): number {
  switch (name) {
    case DATA:
      return length === 4 ? DATA : UNKNOWN
    case EVENT:
    case RETRY:
      return name
    case ID:
      return length === 2 ? ID : UNKNOWN
    default:
      return UNKNOWN
  }
}
