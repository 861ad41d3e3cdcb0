/**
 * GzipFraming: what surrounds the compressed octets of a gzip stream: the head of each member, its trailer, and what comes between
 * members and after the last one (RFC 1952 §2.2, §2.3). Inflates nothing. Pure. Worker thread.
 *
 *     ┌───────┬────┬───────┬───────────────┬─────────────┬─────────┬────────────┬─────────┐┌──────────┐┌───────┬──────┐
 *     │ 1F 8B │ 08 │ flags │ time, xfl, os │ extra 2 + n │ name … 0│ comment … 0│ crc16 2 ││ deflated ││ crc32 │ size │ …
 *     └───────┴────┴───────┴───────────────┴─────────────┴─────────┴────────────┴─────────┘└──────────┘└───────┴──────┘
 *
 * Behind a member zeros are padding, another magic number begins another member, and anything else is none of ours: as gzip itself,
 * browsers and most libraries do, it is ignored.
 */

import { crc32 } from 'node:zlib'
import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'

const FIXED = 0
const EXTRA_LENGTH = 1
const EXTRA = 2
const NAME = 3
const COMMENT = 4
const HEAD_CHECK = 5
const BODY = 6
const TRAILER = 7
const BETWEEN = 8
const IGNORED = 9

const MAGIC = [0x1f, 0x8b, 8] as const
const FIXED_BYTES = 10
const FLAGS_AT = 3
const TRAILER_BYTES = 8

const HAS_HEAD_CHECK = 0x02
const HAS_EXTRA = 0x04
const HAS_NAME = 0x08
const HAS_COMMENT = 0x10
const RESERVED = 0xe0

export class GzipFraming {
  /** Why nothing more is read; empty while all is well. */
  failure = ''
  readonly #piece = new BoundedBytes(FIXED_BYTES)
  #state = FIXED
  /** A member has been read to its end. */
  #hasMember = false
  #flags = 0
  #skip = 0
  #headCheck = 0
  #bodyCheck = 0
  #bodySize = 0

  /** The octets to come are compressed. */
  get inBody(): boolean {
    return this.#state === BODY
  }

  /** The stream may end here: also within what might have become another magic number. */
  get complete(): boolean {
    return (
      this.#state === BETWEEN || this.#state === IGNORED || (this.#hasMember && this.#state === FIXED && this.#piece.length < MAGIC.length)
    )
  }

  /** Octets of heads, trailers and what is between them, from `from`; stops where a body begins. Returns the position reached. */
  execute(bytes: Uint8Array, from: number): number {
    let at = from
    while (at < bytes.length && !this.inBody && this.failure === '') {
      if (this.#state === IGNORED) return bytes.length
      const start = at
      const before = this.#state
      at = this.#step(bytes, at)
      if (before < HEAD_CHECK) this.#headCheck = crc32(bytes.subarray(start, at), this.#headCheck)
    }
    return at
  }

  /** Octets that the body has become. */
  inflated(bytes: Uint8Array): void {
    this.#bodyCheck = crc32(bytes, this.#bodyCheck)
    this.#bodySize = (this.#bodySize + bytes.length) >>> 0
  }

  /** The last block of the body has been read. */
  bodyEnd(): void {
    this.#expect(TRAILER)
  }

  #step(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case FIXED:
        return this.#fixed(bytes, at)
      case EXTRA: {
        const next = Math.min(bytes.length, at + this.#skip)
        this.#skip -= next - at
        if (this.#skip === 0) this.#after(HAS_EXTRA)
        return next
      }
      case NAME:
      case COMMENT: {
        const end = bytes.indexOf(0, at)
        if (end === -1) return bytes.length
        this.#after(this.#state === NAME ? HAS_NAME : HAS_COMMENT)
        return end + 1
      }
      case EXTRA_LENGTH:
      case HEAD_CHECK:
        return this.#collect(bytes, at, 2)
      case TRAILER:
        return this.#collect(bytes, at, TRAILER_BYTES)
      default:
        return this.#between(bytes, at)
    }
  }

  /** The part that every head has; of a later member the first octets say whether it is one. */
  #fixed(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number
    const place = this.#piece.length
    if (place < MAGIC.length && byte !== MAGIC[place]) {
      if (this.#hasMember) this.#expect(IGNORED)
      else this.failure = place < 2 ? 'incorrect header check' : 'unknown compression method'
      return at
    }
    if (place === FLAGS_AT) {
      this.#flags = byte
      if ((byte & RESERVED) !== 0) this.failure = 'unknown header flags set'
    }
    this.#piece.appendByte(byte)
    if (place === FIXED_BYTES - 1) this.#after(0)
    return at + 1
  }

  #between(bytes: Uint8Array, at: number): number {
    if (bytes[at] === 0) return at + 1
    this.#headCheck = this.#bodyCheck = this.#bodySize = 0
    this.#expect(FIXED)
    return at
  }

  /** Goes to the next part that the flags announce, behind that of `flag`. */
  #after(flag: number): void {
    // The parts are in the order of their bits, but for the check, which is the last.
    const left = flag === 0 ? this.#flags : this.#flags & -(flag << 1)
    if ((left & HAS_EXTRA) !== 0) this.#expect(EXTRA_LENGTH)
    else if ((left & HAS_NAME) !== 0) this.#expect(NAME)
    else if ((left & HAS_COMMENT) !== 0) this.#expect(COMMENT)
    else this.#expect((this.#flags & HAS_HEAD_CHECK) !== 0 ? HEAD_CHECK : BODY)
  }

  #collect(bytes: Uint8Array, at: number, count: number): number {
    const next = Math.min(bytes.length, at + count - this.#piece.length)
    this.#piece.append(bytes, at, next)
    if (this.#piece.length === count) this.#collected()
    return next
  }

  #collected(): void {
    const piece = this.#piece.bytes
    if (this.#state === EXTRA_LENGTH) {
      this.#skip = uint16(piece, 0)
      if (this.#skip === 0) this.#after(HAS_EXTRA)
      else this.#expect(EXTRA)
    } else if (this.#state === HEAD_CHECK) {
      if (uint16(piece, 0) === (this.#headCheck & 0xffff)) this.#expect(BODY)
      else this.failure = 'header crc mismatch'
    } else if (uint32(piece, 0) !== this.#bodyCheck) {
      this.failure = 'incorrect data check'
    } else if (uint32(piece, 4) !== this.#bodySize) {
      this.failure = 'incorrect length check'
    } else {
      this.#hasMember = true
      this.#expect(BETWEEN)
    }
  }

  #expect(state: number): void {
    this.#state = state
    this.#piece.clear()
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

function uint32(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) | (uint16(bytes, at + 2) << 16)) >>> 0
}
