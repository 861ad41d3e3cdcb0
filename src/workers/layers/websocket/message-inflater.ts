/**
 * MessageInflater: permessage-deflate payloads of one side, inflated beside the relay (RFC 7692 §7.2.2). Worker thread.
 *
 * **Synchronous, one message at a time, by the documented API.** An asynchronous zlib stream would deliver messages out of
 * order with the frames around them, and would hold some 50 KB of native memory for each idle direction. Instead the
 * compressed message is kept (bounded) and goes to `inflateRawSync`; context takeover is the last octets of output, as many as the agreed window has, passed as
 * the preset dictionary. Costs 28 µs for a small message, and its output bound is the bound of its time.
 *
 *     message n   ──inflateRawSync(dictionary = window)──▶ output ─┐
 *     window      ◀── last 2^bits of (window + output) ────────────┘   (not kept under no_context_takeover)
 */

import { constants, type InflateRaw, inflateRawSync } from 'node:zlib'
import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { DEFLATE_WINDOW_BITS, FINAL_BLOCKS_PER_MESSAGE, INFLATED_MESSAGE_BYTES } from '../../../shared/limits/layers/websocket.ts'

/** Why a message could not be inflated. `context_lost`: an earlier message of this side could not, and this one builds on it. */
export type InflateFailure = Extract<DecodeReason, 'corrupt' | 'input_limit' | 'output_limit' | 'context_lost'>

/** Every message ends with an empty stored block, whose last four octets are not sent (RFC 7692 §7.2.1). */
export const DEFLATE_TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff)

const NO_OCTETS = new Uint8Array(0)
/** zlib has no raw window of 2⁸ octets and takes 2⁹: a sender that agreed to 8 bits may well use them. */
const LEAST_WINDOW_BITS = 9

export class MessageInflater {
  /** Why the last message failed; empty after success. */
  failure: InflateFailure | '' = ''
  readonly #takeover: boolean
  readonly #windowBytes: number
  /** The output that the next message may refer to; never larger than the window. */
  #window: Uint8Array = NO_OCTETS
  #lost = false

  constructor(noContextTakeover: boolean, maxWindowBits: number = DEFLATE_WINDOW_BITS) {
    this.#takeover = !noContextTakeover
    this.#windowBytes = 2 ** Math.max(LEAST_WINDOW_BITS, maxWindowBits)
  }

  /** No message can be inflated any more: the caller need not keep compressed octets. */
  get lost(): boolean {
    return this.#lost
  }

  /** A message too large to be kept has passed: it is not inflated, nor is what builds on it. */
  skip(): void {
    this.#fail('input_limit')
  }

  /** `compressed` ends with DEFLATE_TAIL. Returns the payload, or `undefined` with `failure` set. */
  inflate(compressed: Uint8Array): Uint8Array | undefined {
    if (this.#lost) {
      this.failure = 'context_lost'
      return undefined
    }
    try {
      const output = this.#inflateAll(compressed)
      if (output === undefined) {
        this.#fail('input_limit')
        return undefined
      }
      this.failure = ''
      if (!this.#takeover) this.#window = NO_OCTETS
      return output
    } catch (error) {
      this.#fail((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'output_limit' : 'corrupt')
      return undefined
    }
  }

  /**
   * All blocks of a message. "DEFLATE blocks with BFINAL set to 1 may be used" (§7.2.1), and the next block follows, where zlib
   * sees the end of a stream: what it leaves is inflated in turn, but for a lone tail, behind which there is no block.
   * `undefined`: there are too many.
   */
  #inflateAll(compressed: Uint8Array): Uint8Array | undefined {
    let rest = compressed
    let output: Uint8Array = NO_OCTETS
    for (let part = 0; part < FINAL_BLOCKS_PER_MESSAGE; part++) {
      const { bytes, taken } = inflatedPart(rest, this.#window, Math.max(1, INFLATED_MESSAGE_BYTES - output.length))
      output = part === 0 ? bytes : Buffer.concat([output, bytes])
      rest = rest.subarray(taken)
      const isOver = rest.length <= DEFLATE_TAIL.length
      if (this.#takeover || !isOver) this.#slide(bytes)
      if (isOver) return output
    }
    return undefined
  }

  #fail(failure: InflateFailure): void {
    this.failure = this.#lost ? 'context_lost' : failure
    this.#lost = this.#takeover
    this.#window = NO_OCTETS
  }

  #slide(output: Uint8Array): void {
    if (output.length === 0) return
    const added = Math.min(output.length, this.#windowBytes)
    const kept = Math.min(this.#window.length, this.#windowBytes - added)
    const window = new Uint8Array(kept + added)
    window.set(this.#window.subarray(this.#window.length - kept))
    window.set(output.subarray(output.length - added), kept)
    this.#window = window
  }
}

/** What zlib makes of `compressed` up to the end of its octets or to a final block, and how many of them that took. */
function inflatedPart(compressed: Uint8Array, window: Uint8Array, room: number): { bytes: Uint8Array; taken: number } {
  const inflated: unknown = inflateRawSync(compressed, {
    finishFlush: constants.Z_SYNC_FLUSH,
    maxOutputLength: room,
    info: true,
    ...(window.length > 0 ? { dictionary: window } : {}),
  })
  // `info` makes it a pair, which the types of Node do not know.
  const { buffer, engine } = inflated as { buffer: Buffer; engine: InflateRaw }
  return { bytes: buffer, taken: engine.bytesWritten }
}
