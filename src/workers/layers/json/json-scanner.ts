/**
 * JsonScanner: pulls chosen values out of one JSON document, incrementally, without building it (RFC 8259). Pure. Worker thread.
 *
 * Memory is constant whatever the document: a stack of JSON_DEPTH levels, one key and one scalar. Strings are skipped by span.
 * It checks structure (brackets, commas, colons, literals), not the spelling of strings and numbers: enough to know where
 * things are, and to tell JSON from what is none.
 *
 *     VALUE ─▶ { ─▶ KEY_OR_END ─▶ key ─▶ COLON ─▶ VALUE ─▶ AFTER ─","─▶ KEY …  "}" pops
 *           └▶ [ ─▶ VALUE_OR_END ────────────────────────▶ AFTER ─","─▶ VALUE … "]" pops    DONE: the root is complete
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { indexOrEnd } from '../../../shared/bytes/index-or-end.ts'
import { JSON_DEPTH, JSON_KEY_BYTES, JSON_SCALAR_BYTES } from '../../../shared/limits/layers/json.ts'
import { type JsonNode, NO_PATH } from './json-paths.ts'
import {
  JSON_ARRAY,
  JSON_FALSE,
  JSON_NULL,
  JSON_NUMBER,
  JSON_OBJECT,
  JSON_STRING,
  JSON_TRUE,
  type JsonKind,
  JsonScalar,
  jsonText,
} from './json-scalar.ts'

export interface JsonHandler {
  /** A scalar at a place asked for. Reused: valid during the call only. */
  onJsonScalar(path: number, scalar: JsonScalar): void
  /** An object or array at a place asked for begins, and ends. */
  onJsonOpen(path: number, kind: JsonKind): void
  onJsonClose(path: number, kind: JsonKind): void
}

const VALUE = 0
const VALUE_OR_END = 1
const KEY = 2
const KEY_OR_END = 3
const COLON = 4
const AFTER = 5
const STRING = 6
const STRING_ESCAPE = 7
const NUMBER = 8
const LITERAL = 9
const DONE = 10
const FAILED = 11

const LITERALS = { 116: Buffer.from('true'), 102: Buffer.from('false'), 110: Buffer.from('null') } as const
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SHORT_STRING_BYTES = 24

export class JsonScanner {
  readonly #root: JsonNode
  readonly #handler: JsonHandler
  readonly #scalar = new JsonScalar()
  readonly #kept = new BoundedBytes(JSON_SCALAR_BYTES)
  readonly #isArray = new Uint8Array(JSON_DEPTH)
  /** The trie node of each open container; `undefined` off every path. Grows to the depth seen. */
  readonly #nodes: (JsonNode | undefined)[] = []
  #depth = 0
  #state = VALUE
  #overflown = false
  /** The node of the value to come or in hand. */
  #node: JsonNode | undefined
  #inKey = false
  /** The string or number in hand: whether anybody wants it, where it began in this chunk, whether it has escapes. */
  #wanted = false
  #spanStart = 0
  #escaped = false
  #literal: Buffer = LITERALS[0x74]
  #literalAt = 0

  constructor(root: JsonNode, handler: JsonHandler) {
    this.#root = root
    this.#handler = handler
    this.#node = root
  }

  /** The root value is complete. */
  get done(): boolean {
    return this.#state === DONE
  }

  /** The octets are not JSON, or nested too deep. */
  get failed(): boolean {
    return this.#state === FAILED
  }

  /** It failed at a container that would have been the one above JSON_DEPTH. */
  get tooDeep(): boolean {
    return this.#overflown
  }

  /** Nothing but whitespace has come yet. */
  get untouched(): boolean {
    return this.#state === VALUE && this.#depth === 0
  }

  /** Makes ready for the next document. */
  reset(): void {
    this.#depth = 0
    this.#state = VALUE
    this.#overflown = false
    this.#node = this.#root
    this.#kept.clear()
  }

  execute(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    // Searches must not run past `end` into what other documents of the chunk will be searched for.
    const bytes = end === chunk.length ? chunk : chunk.subarray(0, end)
    // Where the next quote and the next backslash are: looked up once each, so long strings are skipped, not walked.
    let nextQuote = -1
    let nextBackslash = -1
    let at = start
    this.#spanStart = start
    while (at < end) {
      switch (this.#state) {
        case STRING: {
          at = shortString(bytes, at, end)
          if (at === end) break
          if (bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) {
            if (nextQuote < at) nextQuote = indexOrEnd(bytes, QUOTE, at)
            if (nextBackslash < at) nextBackslash = indexOrEnd(bytes, BACKSLASH, at)
            at = Math.min(nextQuote, nextBackslash)
            if (at === end) break
          }
          if (bytes[at] === QUOTE) {
            this.#stringEnd(bytes, at)
          } else {
            this.#escaped = true
            this.#state = STRING_ESCAPE
          }
          at++
          break
        }
        case STRING_ESCAPE:
          this.#state = STRING
          at++
          break
        case NUMBER:
          if (isNumberByte(bytes[at] as number)) at++
          else this.#scalarEnd(JSON_NUMBER, bytes, at)
          break
        case LITERAL:
          this.#literalByte(bytes[at++] as number)
          break
        case FAILED:
          return
        default: {
          const byte = bytes[at] as number
          if (!isWhitespace(byte)) this.#structure(byte, at)
          at++
        }
      }
    }
    if (this.#wanted && (this.#state === STRING || this.#state === STRING_ESCAPE || this.#state === NUMBER)) {
      this.#kept.append(bytes, this.#spanStart, end)
    }
  }

  /** The document has ended: true when it was complete. */
  finish(): boolean {
    if (this.#state === NUMBER && this.#depth === 0) this.#scalarEnd(JSON_NUMBER, this.#kept.bytes, 0)
    return this.#state === DONE
  }

  /** A byte between values; `at` is its position in the chunk. */
  #structure(byte: number, at: number): void {
    switch (this.#state) {
      case VALUE:
        this.#value(byte, at)
        break
      case VALUE_OR_END:
        if (byte === 0x5d) this.#pop(JSON_ARRAY)
        else this.#value(byte, at)
        break
      case KEY_OR_END:
        if (byte === 0x7d) this.#pop(JSON_OBJECT)
        else this.#key(byte, at)
        break
      case KEY:
        this.#key(byte, at)
        break
      case COLON:
        this.#state = byte === 0x3a ? VALUE : FAILED
        break
      case AFTER:
        this.#after(byte)
        break
      default:
        // DONE: anything but whitespace after the root is another document.
        this.#state = FAILED
    }
  }

  #value(byte: number, at: number): void {
    switch (byte) {
      case 0x7b: // {
        this.#push(JSON_OBJECT)
        break
      case 0x5b: // [
        this.#push(JSON_ARRAY)
        break
      case QUOTE:
        this.#begin(STRING, at + 1, false)
        break
      case 0x74: // t
      case 0x66: // f
      case 0x6e: // n
        this.#literal = LITERALS[byte]
        this.#literalAt = 1
        this.#state = LITERAL
        break
      default:
        if (isNumberByte(byte)) this.#begin(NUMBER, at, false)
        else this.#state = FAILED
    }
  }

  #key(byte: number, at: number): void {
    if (byte === QUOTE) this.#begin(STRING, at + 1, true)
    else this.#state = FAILED
  }

  #after(byte: number): void {
    const inArray = this.#isArray[this.#depth - 1] === 1
    if (byte === 0x2c) {
      this.#state = inArray ? VALUE : KEY
      if (inArray) this.#node = this.#nodes[this.#depth - 1]?.element
    } else if (byte === (inArray ? 0x5d : 0x7d)) {
      this.#pop(inArray ? JSON_ARRAY : JSON_OBJECT)
    } else {
      this.#state = FAILED
    }
  }

  /** A string or number begins at `start` of the chunk. */
  #begin(state: number, start: number, inKey: boolean): void {
    this.#state = state
    this.#inKey = inKey
    this.#spanStart = start
    this.#escaped = false
    const node = inKey ? this.#nodes[this.#depth - 1] : this.#node
    this.#wanted = node !== undefined && (inKey ? node.keys.length > 0 : node.path !== NO_PATH)
  }

  #stringEnd(bytes: Uint8Array, at: number): void {
    if (!this.#inKey) {
      this.#scalarEnd(JSON_STRING, bytes, at)
      return
    }
    this.#node = undefined
    this.#state = COLON
    if (!this.#wanted) return
    const members = this.#nodes[this.#depth - 1]?.keys ?? []
    if (this.#kept.size === 0) {
      this.#node = memberNamed(members, bytes, this.#spanStart, at, this.#escaped)
    } else {
      this.#kept.append(bytes, this.#spanStart, at)
      this.#node = memberNamed(members, this.#kept.bytes, 0, this.#kept.size, this.#escaped)
      this.#kept.clear()
    }
  }

  #scalarEnd(kind: JsonKind, bytes: Uint8Array, at: number): void {
    if (this.#wanted) {
      if (this.#kept.size === 0) {
        this.#report(
          kind,
          bytes,
          this.#spanStart,
          Math.min(at, this.#spanStart + JSON_SCALAR_BYTES),
          at - this.#spanStart > JSON_SCALAR_BYTES,
        )
      } else {
        if (at > this.#spanStart) this.#kept.append(bytes, this.#spanStart, at)
        this.#report(kind, this.#kept.bytes, 0, this.#kept.length, this.#kept.overflow)
        this.#kept.clear()
      }
    }
    this.#valueEnd()
  }

  #literalByte(byte: number): void {
    if (byte !== this.#literal[this.#literalAt++]) {
      this.#state = FAILED
    } else if (this.#literalAt === this.#literal.length) {
      const kind = this.#literal === LITERALS[0x74] ? JSON_TRUE : this.#literal === LITERALS[0x66] ? JSON_FALSE : JSON_NULL
      this.#escaped = false
      if (this.#node !== undefined && this.#node.path !== NO_PATH) this.#report(kind, this.#literal, 0, this.#literal.length, false)
      this.#valueEnd()
    }
  }

  #report(kind: JsonKind, bytes: Uint8Array, start: number, end: number, truncated: boolean): void {
    const scalar = this.#scalar
    scalar.kind = kind
    scalar.bytes = bytes
    scalar.start = start
    scalar.end = end
    scalar.escaped = this.#escaped
    scalar.truncated = truncated
    this.#handler.onJsonScalar(this.#node?.path ?? NO_PATH, scalar)
  }

  #push(kind: JsonKind): void {
    if (this.#depth === JSON_DEPTH) {
      this.#overflown = true
      this.#state = FAILED
      return
    }
    const node = this.#node
    this.#isArray[this.#depth] = kind === JSON_ARRAY ? 1 : 0
    this.#nodes[this.#depth++] = node
    if (node !== undefined && node.path !== NO_PATH) this.#handler.onJsonOpen(node.path, kind)
    if (kind === JSON_ARRAY) {
      this.#node = node?.element
      this.#state = VALUE_OR_END
    } else {
      this.#state = KEY_OR_END
    }
  }

  #pop(kind: JsonKind): void {
    const node = this.#nodes[--this.#depth]
    if (node !== undefined && node.path !== NO_PATH) this.#handler.onJsonClose(node.path, kind)
    this.#valueEnd()
  }

  #valueEnd(): void {
    this.#state = this.#depth === 0 ? DONE : AFTER
  }
}

/** The member of that name. A key may be spelt with escapes (RFC 8259 §8.3): compared as what it means. */
function memberNamed(members: JsonNode['keys'], bytes: Uint8Array, start: number, end: number, escaped: boolean): JsonNode | undefined {
  if (end - start > JSON_KEY_BYTES) return undefined
  if (escaped) {
    const name = Buffer.from(jsonText(bytes, start, end, true))
    return members.find((member) => member.name.equals(name))?.node
  }
  for (const member of members) if (isSame(member.name, bytes, start, end)) return member.node
  return undefined
}

/** A loop, because names are short and mostly differ in their first octet: a call of `compare` costs more. */
function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
  return true
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Digits, sign, point and exponent, in any order. */
function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x2b || byte === 0x65 || byte === 0x45
}

/** Walks the first octets of a string: most are short, and a search costs more than they do. Returns where it stopped. */
function shortString(bytes: Uint8Array, from: number, end: number): number {
  const stop = Math.min(end, from + SHORT_STRING_BYTES)
  let at = from
  while (at < stop && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++
  return at
}
