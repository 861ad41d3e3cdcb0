/**
 * utf8Cut: where to cut UTF-8 text so that no character is halved (RFC 3629). No thread of its own.
 */

const LONGEST_SEQUENCE = 4

/** The end of the last whole character of `bytes[start … end)`. What is no UTF-8 is cut at `end`. */
export function utf8Cut(bytes: Uint8Array, start: number, end: number): number {
  const earliest = Math.max(start, end - LONGEST_SEQUENCE + 1)
  for (let at = end - 1; at >= earliest; at--) {
    const octet = bytes[at] as number
    if (octet < 0x80) return end
    if (octet >= 0xc0) return at + (octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2) > end ? at : end
  }
  return end
}
