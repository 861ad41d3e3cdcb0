/**
 * indexOrEnd: where an octet stands next, for scanners that look for the nearest of several. No thread of its own.
 */

/** The place of the next `octet` of `bytes` at `from` or behind it; where there is none, their length. */
export function indexOrEnd(bytes: Uint8Array, octet: number, from: number): number {
  const at = bytes.indexOf(octet, from)
  return at === -1 ? bytes.length : at
}
