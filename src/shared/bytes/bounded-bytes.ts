/**
 * BoundedBytes: a growing buffer that keeps at most `limit` octets and counts all of them. No thread of its own.
 *
 *     append ──▶ [ kept … ≤ limit ] dropped …        size = kept + dropped, overflow = size > length
 *
 * Starts without memory and gives large memory back on `clear`, because thousands of idle streams own one each.
 */

const FIRST_BYTES = 256
/** Memory that survives `clear`, 4 KiB: above it, 9,000 idle streams would hold more than 36 MB between two messages. */
const RETAINED_BYTES = 4_096

const NOTHING = new Uint8Array(0)

export class BoundedBytes {
  bytes: Uint8Array
  /** Octets kept: `bytes[0 … length)`. */
  length: number
  /** Octets appended, kept or not. */
  size: number
  readonly limit: number

  constructor(limit: number) {
    this.bytes = NOTHING
    this.length = 0
    this.size = 0
    this.limit = limit
  }

  get overflow(): boolean {
    return this.size > this.length
  }

  /** Appends `source[start … end)` as far as the limit allows. */
  append(source: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.size += count
    const kept = Math.min(count, this.limit - this.length)
    if (kept <= 0) return
    this.#reserve(this.length + kept)
    if (kept < 16) {
      for (let i = 0; i < kept; i++) this.bytes[this.length + i] = source[start + i] as number
    } else {
      this.bytes.set(start === 0 && kept === source.length ? source : source.subarray(start, start + kept), this.length)
    }
    this.length += kept
  }

  appendByte(byte: number): void {
    this.size++
    if (this.length === this.limit) return
    this.#reserve(this.length + 1)
    this.bytes[this.length++] = byte
  }

  /** A view of what is kept, valid until the next call. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
    this.size = 0
    if (this.bytes.length > RETAINED_BYTES) this.bytes = NOTHING
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return
    const wider = new Uint8Array(Math.min(this.limit, Math.max(FIRST_BYTES, length, this.bytes.length * 2)))
    wider.set(this.bytes.subarray(0, this.length))
    this.bytes = wider
  }
}
