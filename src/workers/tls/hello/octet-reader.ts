/**
 * OctetReader: a cursor over TLS's presentation language (RFC 8446 §3): integers, and vectors with a length in front.
 *
 * A read beyond the end yields 0 and sets `short`, for good: a decoder reads straight on and asks once. Worker thread.
 */

export class OctetReader {
  readonly bytes: Uint8Array
  at: number
  end: number
  /** A read went beyond the end. */
  short = false

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  u8(): number {
    if (!this.#take(1)) return 0
    return this.bytes[this.at - 1] as number
  }

  u16(): number {
    if (!this.#take(2)) return 0
    return ((this.bytes[this.at - 2] as number) << 8) | (this.bytes[this.at - 1] as number)
  }

  skip(length: number): void {
    this.#take(length)
  }

  /** Enters `opaque value<0..2^8-1>` or `<0..2^16-1>`, its length in `lengthOctets`; this reader goes on behind it. */
  vector(lengthOctets: 1 | 2): OctetReader {
    const length = lengthOctets === 1 ? this.u8() : this.u16()
    const start = this.at
    return this.#take(length) ? new OctetReader(this.bytes, start, this.at) : new OctetReader(this.bytes, this.end, this.end)
  }

  /** All that is left, as 16-bit values; an odd octet at the end makes it short. */
  rest16(): number[] {
    const values = new Array<number>(this.left >> 1)
    for (let i = 0; i < values.length; i++) values[i] = this.u16()
    if (this.left > 0) this.short = true
    return values
  }

  rest8(): number[] {
    const values = new Array<number>(this.left)
    for (let i = 0; i < values.length; i++) values[i] = this.u8()
    return values
  }

  /** All that is left, as Latin-1: every octet is one character. */
  restText(): string {
    const text = Buffer.prototype.latin1Slice.call(this.bytes, this.at, this.end)
    this.at = this.end
    return text
  }

  #take(length: number): boolean {
    if (length > this.end - this.at) {
      this.short = true
      this.at = this.end
      return false
    }
    this.at += length
    return true
  }
}
