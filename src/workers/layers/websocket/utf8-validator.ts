/**
 * Utf8Validator: whether a stream of octets is UTF-8 (RFC 3629), whatever the splits. Worker thread.
 *
 * Whole sequences go to `node:buffer`'s isUtf8 (vectorised); only a sequence cut by a chunk's end is held back, at most three
 * octets. An illegal sequence is noticed when it is complete or interrupted, at the same octet whatever the splits.
 */

import { isUtf8 } from 'node:buffer'

const LONGEST_SEQUENCE = 4

export class Utf8Validator {
  /** A sequence cut by the end of the last chunk: `#held` octets of it are here. */
  readonly #partial = new Uint8Array(LONGEST_SEQUENCE)
  #held = 0
  #expected = 0

  reset(): void {
    this.#held = 0
  }

  /** False when the octets so far cannot be the beginning of UTF-8 text. */
  write(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start
    while (this.#held > 0 && from < end) {
      const byte = bytes[from++] as number
      // The octet that breaks a sequence is noticed at once, as it is where both are in one chunk.
      if ((byte & 0xc0) !== 0x80) return false
      this.#partial[this.#held++] = byte
      if (this.#held < this.#expected) continue
      const valid = isUtf8(this.#partial.subarray(0, this.#held))
      this.#held = 0
      if (!valid) return false
    }
    if (from === end) return true
    const tail = cutSequence(bytes, from, end)
    if (tail < end) {
      this.#expected = sequenceLength(bytes[tail] as number)
      for (let i = tail; i < end; i++) this.#partial[this.#held++] = bytes[i] as number
    }
    return tail === from || isUtf8(bytes.subarray(from, tail))
  }

  /** The text has ended: false when it ended within a sequence. */
  finish(): boolean {
    return this.#held === 0
  }
}

/** Where a sequence begins that `end` cuts off; `end` when none does. Only the last three octets can matter. */
function cutSequence(bytes: Uint8Array, start: number, end: number): number {
  const earliest = Math.max(start, end - LONGEST_SEQUENCE + 1)
  for (let at = end - 1; at >= earliest; at--) {
    const byte = bytes[at] as number
    if (byte >= 0xc0) return at + sequenceLength(byte) > end ? at : end
    if (byte < 0x80) return end
  }
  return end
}

/** Octets of the sequence that a lead octet announces; validity is isUtf8's business. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}
