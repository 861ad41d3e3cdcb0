/**
 * OctetWriter: octets of our own, written one after the other into a buffer that is given away when it is complete (a plan keeps
 * it until the socket has taken it), so never reused. Worker thread.
 */

const FIRST_BYTES = 256

export class OctetWriter {
  bytes: Uint8Array
  length = 0

  constructor(capacity = FIRST_BYTES) {
    this.bytes = new Uint8Array(capacity)
  }

  octet(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  octets(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.bytes.set(source.subarray(start, end), this.length)
    this.length += end - start
  }

  /** An unsigned 32-bit number in network order. */
  uint32(value: number): void {
    this.reserve(4)
    this.bytes[this.length] = value >>> 24
    this.bytes[this.length + 1] = value >>> 16
    this.bytes[this.length + 2] = value >>> 8
    this.bytes[this.length + 3] = value
    this.length += 4
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const wider = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2))
    wider.set(this.bytes.subarray(0, this.length))
    this.bytes = wider
  }
}
