/**
 * BlockScanner: where the blocks of an event stream begin and end, octet by octet: a block is what an empty line ends, line end
 * included, and an event if it has a `data` field. For those who move blocks about; what an event says is EventStreamParser's.
 * Pure. Worker thread. WHATWG HTML §9.2.5, §9.2.6.
 *
 *     BOM? │ data: a␊ event: b␊ ␊ │ : ping␊ ␊ │ data: c␍␊ ␍␊ │         a ␍ that ends a block is its last octet only once
 *          └───── an event ──────┘└─ none ───┘└─ an event ──┘         another octet than ␊ has come
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { EVENT_TYPE_BYTES } from '../../../shared/limits/layers/event-stream.ts'

const BOM = 0
const LINE_START = 1
const NAME = 2
const COLON = 3
const VALUE = 4
const AFTER_CR = 5
const AFTER_BLANK_CR = 6

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON_BYTE = 0x3a
const MARK = [0xef, 0xbb, 0xbf] as const

/** The known names, packed big-endian (see EventStreamParser); a longer name, or one of another length, is unknown. */
const DATA = 0x64617461
const EVENT = 0x6576656e74
const LONGEST_NAME = 5

export class BlockScanner {
  /** `advance` stopped behind a block. */
  ended = false
  /** The block in hand, or just ended, has data. */
  isEvent = false
  /** Events that have ended. */
  events = 0
  /** Octets read: the place of the next in the body. */
  offset = 0
  readonly #type = new BoundedBytes(EVENT_TYPE_BYTES)
  #state = BOM
  /** Octets of the current block. */
  #size = 0
  #markBytes = 0
  #name = 0
  #nameBytes = 0

  /** Nothing of the next block has been read; a byte order mark is in front of the first. */
  get isBetween(): boolean {
    return this.ended || (this.#size === 0 && this.#state !== BOM)
  }

  /** The type of the event that has just ended; `message` where it names none. */
  get type(): string {
    return this.#type.length === 0 ? 'message' : Buffer.from(this.#type.view()).toString()
  }

  /** Reads from `at` to the end of the block, or of the octets. Says how far. No octet is read where the block turns out to have ended before. */
  advance(bytes: Uint8Array, at: number): number {
    if (this.ended) this.#begin()
    const start = this.skipMark(bytes, at)
    let next = start
    while (next < bytes.length && !this.ended) next = this.#step(bytes, next)
    this.#size += next - start
    this.offset += next - start
    return next
  }

  /** No octet follows. True: a block had ended in fact. */
  finish(): boolean {
    if (this.#state !== AFTER_BLANK_CR || this.ended) return false
    this.#end()
    return true
  }

  /** Skips a byte order mark, and stops where the first block begins. */
  skipMark(bytes: Uint8Array, at: number): number {
    let next = at
    while (this.#state === BOM && next < bytes.length) {
      if (bytes[next] !== MARK[this.#markBytes]) {
        // A beginning of a mark without the rest begins no known name.
        this.#state = this.#markBytes === 0 ? LINE_START : NAME
        this.#size = this.#markBytes
        this.#nameBytes = LONGEST_NAME + 1
        break
      }
      next++
      if (++this.#markBytes === MARK.length) this.#state = LINE_START
    }
    this.offset += next - at
    return next
  }

  #step(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number
    switch (this.#state) {
      case AFTER_BLANK_CR:
        this.#end()
        return byte === LF ? at + 1 : at
      case AFTER_CR:
        this.#state = LINE_START
        return byte === LF ? at + 1 : at
      case LINE_START:
        return this.#lineStart(byte, at)
      case NAME:
        return this.#nameByte(byte, at)
      case COLON:
        this.#state = VALUE
        if (this.#isNamed(EVENT, 5)) this.#type.clear()
        return byte === SPACE ? at + 1 : at
      default:
        return this.#value(bytes, at)
    }
  }

  #lineStart(byte: number, at: number): number {
    if (byte === LF) this.#end()
    else if (byte === CR) this.#state = AFTER_BLANK_CR
    else {
      this.#name = this.#nameBytes = 0
      this.#state = NAME
      return at
    }
    return at + 1
  }

  #nameByte(byte: number, at: number): number {
    if (byte === COLON_BYTE || byte === LF || byte === CR) {
      if (this.#isNamed(DATA, 4)) this.isEvent = true
      if (byte === COLON_BYTE) this.#state = COLON
      else {
        // A name without colon has an empty value.
        if (this.#isNamed(EVENT, 5)) this.#type.clear()
        this.#state = byte === CR ? AFTER_CR : LINE_START
      }
    } else if (this.#nameBytes++ < LONGEST_NAME) this.#name = this.#name * 256 + byte
    return at + 1
  }

  #value(bytes: Uint8Array, at: number): number {
    let end = at
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++
    if (this.#isNamed(EVENT, 5)) this.#type.append(bytes, at, end)
    if (end === bytes.length) return end
    this.#state = bytes[end] === CR ? AFTER_CR : LINE_START
    return end + 1
  }

  #isNamed(name: number, length: number): boolean {
    return this.#name === name && this.#nameBytes === length
  }

  #end(): void {
    this.ended = true
    this.#state = LINE_START
    if (this.isEvent) this.events++
  }

  #begin(): void {
    this.ended = false
    this.isEvent = false
    this.#size = 0
    this.#type.clear()
  }
}
