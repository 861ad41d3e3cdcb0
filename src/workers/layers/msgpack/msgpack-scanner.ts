/**
 * MsgpackScanner: finds the values of a MessagePack stream, incrementally, without decoding them. Pure. Worker thread.
 *
 * Runs before any decoder, so that the decoder only ever sees one complete, well-formed value of bounded size and depth: a
 * header that announces 2³² elements cannot make anybody allocate.
 *
 *     TYPE ─▶ LENGTH (1, 2, 4 octets) ─▶ BODY (skipped by span) ─▶ TYPE …      specification: msgpack/spec.md
 *       └─ containers push the items they still need on a stack of MSGPACK_DEPTH; 0xc1 is never used
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { MSGPACK_DEPTH, MSGPACK_VALUE_BYTES } from '../../../shared/limits/layers/payloads.ts'

export interface MsgpackHandler {
  /**
   * Top-level value `index` (from 0) is complete: `size` octets, containers `depth` deep. `value` is a view of it, or `undefined`
   * where it exceeds MSGPACK_VALUE_BYTES.
   */
  onValue(index: number, size: number, depth: number, value: Uint8Array | undefined): void
  /** Nothing more is observed of this body. */
  onMsgpackFailed(reason: DecodeReason, detail: string): void
}

const TYPE = 0
const LENGTH = 1
const BODY = 2
const FAILED = 3

/** What the octets of a length field count. */
const COUNTS_OCTETS = 0
const COUNTS_ITEMS = 1
const COUNTS_PAIRS = 2

export class MsgpackScanner {
  readonly #handler: MsgpackHandler
  readonly #kept = new BoundedBytes(MSGPACK_VALUE_BYTES)
  /** Items that each open container still needs. */
  readonly #needs = new Float64Array(MSGPACK_DEPTH)
  #depth = 0
  #deepest = 0
  #state = TYPE
  #counts = COUNTS_OCTETS
  /** Octets of the length field still to come, its value so far, octets that the body has beside it (the type of an ext). */
  #missing = 0
  #length = 0
  #extra = 0
  #skip = 0
  #index = 0

  constructor(handler: MsgpackHandler) {
    this.#handler = handler
  }

  /** Values completed so far. */
  get values(): number {
    return this.#index
  }

  execute(bytes: Uint8Array): void {
    const end = bytes.length
    let at = 0
    let valueStart = 0
    while (at < end && this.#state !== FAILED) {
      let complete = false
      switch (this.#state) {
        case TYPE:
          complete = this.#type(bytes[at++] as number)
          break
        case LENGTH:
          this.#length = this.#length * 256 + (bytes[at++] as number)
          if (--this.#missing === 0) complete = this.#lengthEnd()
          break
        default: {
          const count = Math.min(end - at, this.#skip)
          at += count
          this.#skip -= count
          if (this.#skip === 0) complete = this.#item()
        }
      }
      if (complete) {
        this.#value(bytes, valueStart, at)
        valueStart = at
      }
    }
    if (this.#state !== FAILED) this.#kept.append(bytes, valueStart, end)
  }

  finish(): void {
    if (this.#state === FAILED || (this.#state === TYPE && this.#kept.size === 0)) return
    this.#fail('truncated', `the body ended within value ${this.#index}`)
  }

  /** Reads a type octet. True when it completes a top-level value. */
  #type(byte: number): boolean {
    if (byte < 0x80 || byte >= 0xe0) return this.#item() // fixint
    if (byte < 0x90) return this.#container((byte & 0x0f) * 2) // fixmap
    if (byte < 0xa0) return this.#container(byte & 0x0f) // fixarray
    if (byte < 0xc0) return this.#body(byte & 0x1f) // fixstr
    switch (byte) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return this.#item()
      case 0xc4: // bin 8, 16, 32
      case 0xc5:
      case 0xc6:
        return this.#readLength(1 << (byte - 0xc4), COUNTS_OCTETS, 0)
      case 0xc7: // ext 8, 16, 32
      case 0xc8:
      case 0xc9:
        return this.#readLength(1 << (byte - 0xc7), COUNTS_OCTETS, 1)
      case 0xca: // float 32
        return this.#body(4)
      case 0xcb: // float 64
        return this.#body(8)
      case 0xcc: // uint 8, 16, 32, 64
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#body(1 << (byte - 0xcc))
      case 0xd0: // int 8, 16, 32, 64
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#body(1 << (byte - 0xd0))
      case 0xd4: // fixext 1, 2, 4, 8, 16
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#body(1 + (1 << (byte - 0xd4)))
      case 0xd9: // str 8, 16, 32
      case 0xda:
      case 0xdb:
        return this.#readLength(1 << (byte - 0xd9), COUNTS_OCTETS, 0)
      case 0xdc: // array 16, 32
      case 0xdd:
        return this.#readLength(2 << (byte - 0xdc), COUNTS_ITEMS, 0)
      case 0xde: // map 16, 32
      case 0xdf:
        return this.#readLength(2 << (byte - 0xde), COUNTS_PAIRS, 0)
      default:
        this.#fail('corrupt', 'the type 0xc1 is never used')
        return false
    }
  }

  #readLength(octets: number, counts: number, extra: number): boolean {
    this.#missing = octets
    this.#length = 0
    this.#counts = counts
    this.#extra = extra
    this.#state = LENGTH
    return false
  }

  #lengthEnd(): boolean {
    if (this.#counts === COUNTS_OCTETS) return this.#body(this.#length + this.#extra)
    return this.#container(this.#counts === COUNTS_PAIRS ? this.#length * 2 : this.#length)
  }

  #body(octets: number): boolean {
    if (octets === 0) return this.#item()
    this.#skip = octets
    this.#state = BODY
    return false
  }

  #container(items: number): boolean {
    this.#state = TYPE
    this.#deepest = Math.max(this.#deepest, this.#depth + 1)
    if (items === 0) return this.#item()
    if (this.#depth === MSGPACK_DEPTH) {
      this.#fail('nesting_limit', `containers are nested deeper than ${MSGPACK_DEPTH}`)
      return false
    }
    this.#needs[this.#depth++] = items
    return false
  }

  /** An item is complete, and with it every container that waited for it alone. True when that is a top-level value. */
  #item(): boolean {
    this.#state = TYPE
    while (this.#depth > 0) {
      const needed = (this.#needs[this.#depth - 1] as number) - 1
      this.#needs[this.#depth - 1] = needed
      if (needed > 0) return false
      this.#depth--
    }
    return true
  }

  #value(bytes: Uint8Array, start: number, end: number): void {
    let value: Uint8Array | undefined = bytes.subarray(start, end)
    let size = end - start
    if (this.#kept.size > 0) {
      this.#kept.append(bytes, start, end)
      value = this.#kept.view()
      size = this.#kept.size
    }
    if (size > MSGPACK_VALUE_BYTES) value = undefined
    this.#handler.onValue(this.#index++, size, this.#deepest, value)
    this.#kept.clear()
    this.#deepest = 0
  }

  #fail(reason: DecodeReason, detail: string): void {
    this.#state = FAILED
    this.#kept.clear()
    this.#handler.onMsgpackFailed(reason, detail)
  }
}
