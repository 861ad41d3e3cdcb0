/**
 * WithheldOctets: the part of a split head that has come, kept until the head is whole and found valid. Worker thread.
 *
 * Bounded by its owner (a head's limit stands before `append`), grown by doubling, and made anew for every head: what is
 * forwarded from it belongs to the socket from then on.
 */

const FIRST_CAPACITY = 1_024

export class WithheldOctets {
  bytes: Uint8Array = new Uint8Array(FIRST_CAPACITY)
  length = 0

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.length + (end - start)
    if (length > this.bytes.length) {
      const wider = new Uint8Array(Math.max(length, this.bytes.length * 2))
      wider.set(this.bytes.subarray(0, this.length))
      this.bytes = wider
    }
    this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.length)
    this.length = length
  }
}

/** `first[0, firstEnd)` and `rest[start, …)` in a buffer of their own. */
export function joinOctets(first: Uint8Array, firstEnd: number, rest: Uint8Array, start: number): Uint8Array {
  const joined = new Uint8Array(firstEnd + rest.length - start)
  joined.set(first.subarray(0, firstEnd))
  joined.set(rest.subarray(start), firstEnd)
  return joined
}
