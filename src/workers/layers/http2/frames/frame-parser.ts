/**
 * FrameParser: cuts what one side sends into HTTP/2 frames (RFC 9113 §4), in any split. Knows the shape of frames, not streams.
 * Pulled: the layer asks for one piece after the other and decides what becomes of each. Worker thread.
 *
 *      0        3      4       5               9
 *     ┌────────┬──────┬───────┬───────────────┬──────────────────────┐
 *     │ length │ type │ flags │ R, stream id  │ payload              │
 *     └────────┴──────┴───────┴───────────────┴──────────────────────┘
 *      └─────────── gathered ──────────────────── … ──┘└─ streamed ─┘
 *
 * A **unit** is what must be seen as a whole before any of it is forwarded: a frame head with the fields that judge it, a whole
 * control frame, or HEADERS with all its CONTINUATION frames. A unit within one chunk is a view of it; one that is split is
 * gathered in a buffer of its own, bounded by its type. What follows a unit of DATA, GOAWAY, PRIORITY_UPDATE, ALTSVC or an unknown type
 * is **streamed**, span by span, as it comes.
 */

import { ALTSVC_BYTES, CONTINUATIONS_PER_BLOCK } from '../../../../shared/limits/layers/http2.ts'
import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../../shared/violations/http2.ts'
import { judgeHead } from './frame-rules.ts'
import {
  ACK,
  ALTSVC,
  CONTINUATION,
  DATA,
  END_HEADERS,
  FRAME_HEAD_BYTES,
  GOAWAY,
  HEADERS,
  MAX_FRAME_SIZE_DEFAULT,
  PADDED,
  PING,
  PREFACE,
  PRIORITY,
  PRIORITY_BYTES,
  PRIORITY_FLAG,
  PRIORITY_UPDATE,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame-types.ts'
import { OctetWriter } from './octet-writer.ts'

/** What `read` gives. */
export const NEED_MORE = 0
/** A unit: `raw[rawStart … rawEnd)`, the frame's fields are set. */
export const UNIT = 1
/** Payload of the frame in hand: `raw[rawStart … rawEnd)`, of which up to `dataEnd` is data and the rest padding. */
export const SPAN = 2
/** `violation` says which; the parser must not be read again. */
export const VIOLATION = 3
/** The client's connection preface, as a unit. */
export const PREFACE_UNIT = 4

const AT_PREFACE = 0
const AT_HEAD = 1
const AT_GATHER = 2
const AT_STREAM = 3

const NO_OCTETS = new Uint8Array(0)

export class FrameParser {
  /** The frame in hand; of a header block, its first one, but with END_HEADERS. */
  type = 0
  flags = 0
  streamId = 0
  /** Octets of its payload (of a header block's first frame). */
  length = 0
  /** Of DATA: octets without padding. */
  dataLength = 0
  /** Of PUSH_PROMISE. */
  promisedId = 0
  /** The piece: a view of the chunk, or a buffer of its own that nobody writes to any more. */
  raw: Uint8Array = NO_OCTETS
  rawStart = 0
  rawEnd = 0
  dataEnd = 0
  /** Nothing of the frame in hand follows. */
  ended = true
  /** Where the payload starts in `raw`, of a unit. */
  payloadStart = 0
  /** The header block of HEADERS or PUSH_PROMISE, without padding and priority. */
  block: Uint8Array = NO_OCTETS
  blockStart = 0
  blockEnd = 0
  violation: Http2Violation | undefined = undefined
  /** What the receiver allows (SETTINGS_MAX_FRAME_SIZE). */
  maxFrameSize = MAX_FRAME_SIZE_DEFAULT

  readonly #blockBytes: number
  #chunk: Uint8Array = NO_OCTETS
  #at = 0
  #state: number
  /** The unit in hand: where it starts in the chunk, or what is held of it from earlier chunks. */
  #unitStart = 0
  #held: OctetWriter | undefined = undefined
  /** Within the unit: where its last frame starts, and where it ends once that is known. */
  #frameAt = 0
  #unitEnd = FRAME_HEAD_BYTES
  /** Streamed octets to come: all, and those that are data. */
  #left = 0
  #dataLeft = 0
  /** The fragments of the header block: pairs of offsets within the unit; a block is in hand where there are any. */
  readonly #fragments = new Int32Array((CONTINUATIONS_PER_BLOCK + 1) * 2)
  #fragmentCount = 0
  #fragmentBytes = 0
  #first = true

  /** `blockBytes` bounds one header block; a client sends the preface first. */
  constructor(blockBytes: number, expectsPreface: boolean) {
    this.#blockBytes = blockBytes
    this.#state = expectsPreface ? AT_PREFACE : AT_HEAD
    if (expectsPreface) this.#unitEnd = PREFACE.length
  }

  /** Takes the next chunk; pieces are read until NEED_MORE. */
  begin(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
    this.#unitStart = 0
  }

  /** Octets of the chunk that pieces have covered, or that are held. */
  get position(): number {
    return this.#at
  }

  /** Copies the unit in hand out of the chunk, so that it can be dealt with after the chunk is gone. */
  keepUnit(): void {
    if (this.raw !== this.#chunk) return
    const isBlockView = this.block === this.raw
    const start = this.rawStart
    this.raw = Uint8Array.prototype.slice.call(this.raw, start, this.rawEnd)
    this.rawStart = 0
    this.rawEnd -= start
    this.payloadStart -= start
    if (!isBlockView) return
    this.block = this.raw
    this.blockStart -= start
    this.blockEnd -= start
  }

  read(): number {
    for (;;) {
      switch (this.#state) {
        case AT_PREFACE:
          return this.#preface()
        case AT_HEAD:
          if (!this.#fill(this.#frameAt + FRAME_HEAD_BYTES)) return NEED_MORE
          this.violation = this.#head()
          if (this.violation !== undefined) return VIOLATION
          this.#state = AT_GATHER
          break
        case AT_GATHER:
          if (!this.#fill(this.#unitEnd)) return NEED_MORE
          this.violation = this.#gathered()
          if (this.violation !== undefined) return VIOLATION
          if (this.#fragmentCount > 0 && (this.flags & END_HEADERS) === 0) {
            this.#frameAt = this.#unitEnd
            this.#state = AT_HEAD
            break
          }
          this.#endUnit()
          return UNIT
        default:
          return this.#stream()
      }
    }
  }

  #preface(): number {
    const complete = this.#fill(PREFACE.length)
    const { bytes, start } = this.#unit()
    const count = Math.min(PREFACE.length, complete ? PREFACE.length : (this.#held?.length ?? 0))
    for (let i = 0; i < count; i++) {
      if (bytes[start + i] === PREFACE[i]) continue
      this.violation = HTTP2_VIOLATIONS.http2_preface
      return VIOLATION
    }
    if (!complete) return NEED_MORE
    this.#left = 0
    this.#endUnit()
    return PREFACE_UNIT
  }

  #stream(): number {
    const count = Math.min(this.#left, this.#chunk.length - this.#at)
    if (count === 0) return NEED_MORE
    const data = Math.min(this.#dataLeft, count)
    this.raw = this.#chunk
    this.rawStart = this.#at
    this.rawEnd = this.#at + count
    this.dataEnd = this.#at + data
    this.#at = this.rawEnd
    this.#left -= count
    this.#dataLeft -= data
    this.ended = this.#left === 0
    if (this.ended) this.#startUnit()
    return SPAN
  }

  /** Makes the first `length` octets of the unit available; false where the chunk has too few, which are held then. */
  #fill(length: number): boolean {
    const chunk = this.#chunk
    const held = this.#held
    if (held === undefined) {
      if (chunk.length - this.#unitStart >= length) {
        this.#at = this.#unitStart + length
        return true
      }
      if (chunk.length > this.#unitStart) {
        this.#held = new OctetWriter(length)
        this.#held.octets(chunk, this.#unitStart, chunk.length)
      }
      this.#at = chunk.length
      return false
    }
    const count = Math.min(length - held.length, chunk.length - this.#at)
    if (count > 0) {
      held.octets(chunk, this.#at, this.#at + count)
      this.#at += count
    }
    return held.length >= length
  }

  #unit(): { bytes: Uint8Array; start: number } {
    const held = this.#held
    return held === undefined ? { bytes: this.#chunk, start: this.#unitStart } : { bytes: held.bytes, start: 0 }
  }

  /** Reads and judges a frame head; sets how far the unit reaches. */
  #head(): Http2Violation | undefined {
    const held = this.#held
    const bytes = held === undefined ? this.#chunk : held.bytes
    const at = (held === undefined ? this.#unitStart : 0) + this.#frameAt
    const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
    const type = bytes[at + 3] as number
    const flags = bytes[at + 4] as number
    const streamId = uint31(bytes, at + 5)
    const payloadAt = this.#frameAt + FRAME_HEAD_BYTES
    if (this.#first) {
      if (type !== SETTINGS || (flags & ACK) !== 0) return HTTP2_VIOLATIONS.http2_settings_first
      this.#first = false
    }
    // §4.2: "MUST send FRAME_SIZE_ERROR if a frame exceeds the size defined in SETTINGS_MAX_FRAME_SIZE".
    if (length > this.maxFrameSize) return HTTP2_VIOLATIONS.http2_frame_too_long
    if (this.#fragmentCount > 0) {
      // §6.2: "a receiver MUST treat the receipt of any other type of frame or a frame on a different stream as" PROTOCOL_ERROR.
      if (type !== CONTINUATION || streamId !== this.streamId) return HTTP2_VIOLATIONS.http2_continuation_missing
      this.flags |= flags & END_HEADERS
      this.#unitEnd = payloadAt + length
      return this.#addFragment(payloadAt, this.#unitEnd)
    }
    this.type = type
    this.flags = flags
    this.streamId = streamId
    this.length = length
    const gathered = this.#gatheredBytes()
    this.#unitEnd = payloadAt + gathered
    this.#left = length - gathered
    this.#dataLeft = 0
    return judgeHead(type, flags, streamId, length, this.#blockBytes)
  }

  /** Octets of the payload that have to be seen before any of the frame is forwarded. */
  #gatheredBytes(): number {
    switch (this.type) {
      case DATA:
        return (this.flags & PADDED) === 0 ? 0 : Math.min(this.length, 1)
      case GOAWAY:
        return Math.min(this.length, 8)
      case PRIORITY_UPDATE:
        return Math.min(this.length, 4)
      case ALTSVC:
        return Math.min(this.length, ALTSVC_BYTES)
      case HEADERS:
      case PRIORITY:
      case RST_STREAM:
      case SETTINGS:
      case PUSH_PROMISE:
      case PING:
      case WINDOW_UPDATE:
      case CONTINUATION:
        return this.length
      default:
        return 0
    }
  }

  /** Reads what needs the gathered payload: padding, the place of the header block. */
  #gathered(): Http2Violation | undefined {
    if (this.#frameAt > 0) return undefined
    const held = this.#held
    const bytes = held === undefined ? this.#chunk : held.bytes
    const payload = (held === undefined ? this.#unitStart : 0) + FRAME_HEAD_BYTES
    const { type, flags, length } = this
    if (type === DATA) {
      this.dataLength = this.#dataLeft = length
      if ((flags & PADDED) === 0) return undefined
      const padding = bytes[payload] as number
      if (padding >= length) return HTTP2_VIOLATIONS.http2_padding
      this.dataLength = this.#dataLeft = length - 1 - padding
      return undefined
    }
    if (type !== HEADERS && type !== PUSH_PROMISE) return undefined
    const padded = (flags & PADDED) === 0 ? 0 : 1
    const padding = padded === 0 ? 0 : (bytes[payload] as number)
    const before = padded + (type === PUSH_PROMISE ? 4 : (flags & PRIORITY_FLAG) !== 0 ? PRIORITY_BYTES : 0)
    if (before + padding > length) return HTTP2_VIOLATIONS.http2_padding
    if (type === PUSH_PROMISE) this.promisedId = uint31(bytes, payload + padded)
    return this.#addFragment(FRAME_HEAD_BYTES + before, FRAME_HEAD_BYTES + length - padding)
  }

  /** A part of a header block, as offsets within the unit. */
  #addFragment(start: number, end: number): Http2Violation | undefined {
    this.#fragmentBytes += end - start
    if (this.#fragmentCount > CONTINUATIONS_PER_BLOCK || this.#fragmentBytes > this.#blockBytes)
      return HTTP2_VIOLATIONS.http2_header_block_too_long
    this.#fragments[this.#fragmentCount * 2] = start
    this.#fragments[this.#fragmentCount * 2 + 1] = end
    this.#fragmentCount++
    return undefined
  }

  #endUnit(): void {
    const held = this.#held
    const start = held === undefined ? this.#unitStart : 0
    this.raw = held === undefined ? this.#chunk : held.bytes
    this.rawStart = start
    this.rawEnd = start + this.#unitEnd
    this.payloadStart = start + FRAME_HEAD_BYTES
    if (this.#fragmentCount > 0) this.#joinBlock(start)
    this.ended = this.#left === 0
    this.#held = undefined
    if (this.ended) this.#startUnit()
    else this.#state = AT_STREAM
  }

  #startUnit(): void {
    this.#state = AT_HEAD
    this.#unitStart = this.#at
    this.#frameAt = 0
    this.#fragmentCount = 0
    this.#fragmentBytes = 0
  }

  #joinBlock(start: number): void {
    this.block = this.raw
    this.blockStart = start + (this.#fragments[0] as number)
    this.blockEnd = start + (this.#fragments[1] as number)
    if (this.#fragmentCount === 1) return
    const joined = new OctetWriter(this.#fragmentBytes)
    for (let i = 0; i < this.#fragmentCount; i++) {
      joined.octets(this.raw, start + (this.#fragments[i * 2] as number), start + (this.#fragments[i * 2 + 1] as number))
    }
    this.block = joined.bytes
    this.blockStart = 0
    this.blockEnd = joined.length
  }
}

/** 31 bits, the reserved one ignored (§4.1). */
export function uint31(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) & 0x7f) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}

/** 32 bits. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (uint31(bytes, at) | ((bytes[at] as number) & 0x80 ? 0x80000000 : 0)) >>> 0
}
