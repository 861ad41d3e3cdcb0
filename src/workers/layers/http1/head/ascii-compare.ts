/**
 * Comparisons of octets with ASCII text, without making a string of the octets. Worker thread.
 */

const CASE_BIT = 0x20

/** Whether `bytes[start, end)` is `text`, which is given in lower case, in any case of its letters. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) {
    const octet = bytes[start + i] as number
    const lower = octet >= 0x41 && octet <= 0x5a ? octet | CASE_BIT : octet
    if (lower !== text.charCodeAt(i)) return false
  }
  return true
}

/** Whether `bytes[start, end)` is exactly `text`. */
export function equalsExactly(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) {
    if (bytes[start + i] !== text.charCodeAt(i)) return false
  }
  return true
}
