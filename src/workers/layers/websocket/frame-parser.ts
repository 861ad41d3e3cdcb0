/**
 * FrameParser: WebSocket frames of one side, incrementally (RFC 6455 §5.2). Knows frames, not messages. Pure. Worker thread.
 *
 *       0               1               2 … 3 | 2 … 9      then, if MASK
 *      ┌─┬─┬─┬─┬───────┬─┬─────────────┬───────────────────┬───────────┬────────────┐
 *      │F│R│R│R│opcode │M│ length 0–125│ 126: 16 bits      │ 4 octets  │ payload …  │
 *      │I│1│2│3│ 4 bits│K│ 126, 127    │ 127: 64 bits      │           │            │
 *      └─┴─┴─┴─┴───────┴─┴─────────────┴───────────────────┴───────────┴────────────┘
 */

import type { Violation } from '../../../shared/violations/violation.ts'
import { WEBSOCKET_VIOLATIONS } from '../../../shared/violations/websocket.ts'

const FIRST = 0
const SECOND = 1
const LENGTH = 2
const MASK = 3
const PAYLOAD = 4

const LENGTH_16 = 126

/** What a frame parser feeds: heads in order, then the payload of each as it was sent (still masked), then its end. */
export interface FrameSink {
  onFrameHead(frame: FrameParser): Violation | undefined
  onFramePayload(frame: FrameParser, bytes: Uint8Array, start: number, end: number): Violation | undefined
  onFrameEnd(frame: FrameParser): Violation | undefined
}

export class FrameParser {
  /** The head of the frame in hand, valid from `onFrameHead` to `onFrameEnd`. */
  opcode = 0
  fin = false
  /** RSV1, RSV2, RSV3 as bits 4, 2, 1. */
  reserved = 0
  masked = false
  /** Octets of payload, in all and already seen. */
  size = 0
  seen = 0
  readonly maskKey = new Uint8Array(4)

  readonly #sink: FrameSink
  #state = FIRST
  /** Octets of the extended length or of the mask key still to come. */
  #missing = 0
  #lengthForm = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Between two frames: nothing of a frame has been read that is not reported as ended. */
  get idle(): boolean {
    return this.#state === FIRST
  }

  /** Octets in order, any split. After a violation the parser must not be called again. */
  execute(bytes: Uint8Array): Violation | undefined {
    const end = bytes.length
    let at = 0
    while (at < end) {
      let violation: Violation | undefined
      const byte = bytes[at] as number
      switch (this.#state) {
        case FIRST:
          at++
          this.fin = (byte & 0x80) !== 0
          this.reserved = (byte >> 4) & 0x7
          this.opcode = byte & 0xf
          this.#state = SECOND
          break
        case SECOND:
          at++
          violation = this.#second(byte)
          break
        case LENGTH:
          at++
          this.size = this.size * 256 + byte
          if (--this.#missing === 0) violation = this.#lengthEnd()
          break
        case MASK:
          at++
          this.maskKey[4 - this.#missing] = byte
          if (--this.#missing === 0) violation = this.#headEnd()
          break
        default: {
          const stop = Math.min(end, at + this.size - this.seen)
          violation = this.#sink.onFramePayload(this, bytes, at, stop)
          this.seen += stop - at
          at = stop
          if (violation === undefined && this.seen === this.size) violation = this.#frameEnd()
        }
      }
      if (violation !== undefined) return violation
    }
    return undefined
  }

  #second(byte: number): Violation | undefined {
    this.masked = (byte & 0x80) !== 0
    this.#lengthForm = byte & 0x7f
    this.seen = 0
    if (this.#lengthForm < LENGTH_16) {
      this.size = this.#lengthForm
      return this.#afterLength()
    }
    this.size = 0
    this.#missing = this.#lengthForm === LENGTH_16 ? 2 : 8
    this.#state = LENGTH
    return undefined
  }

  /** "The minimal number of bytes MUST be used to encode the length"; 2⁵³ and more would no longer count exactly. */
  #lengthEnd(): Violation | undefined {
    if (this.size > Number.MAX_SAFE_INTEGER) return WEBSOCKET_VIOLATIONS.websocket_length_overflow
    const least = this.#lengthForm === LENGTH_16 ? LENGTH_16 : 0x10000
    if (this.size < least) return WEBSOCKET_VIOLATIONS.websocket_length_not_minimal
    return this.#afterLength()
  }

  #afterLength(): Violation | undefined {
    if (!this.masked) return this.#headEnd()
    this.#missing = 4
    this.#state = MASK
    return undefined
  }

  #headEnd(): Violation | undefined {
    this.#state = PAYLOAD
    const violation = this.#sink.onFrameHead(this)
    if (violation !== undefined || this.size > 0) return violation
    return this.#frameEnd()
  }

  #frameEnd(): Violation | undefined {
    this.#state = FIRST
    return this.#sink.onFrameEnd(this)
  }
}
