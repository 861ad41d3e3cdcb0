/**
 * Classes of octets in an HTTP/1.1 head, as one lookup table, and the spans that consist of them.
 *
 * Pure. Main thread.
 */

/** Allowed in a token: methods and field names (RFC 9110 §5.6.2). */
const TOKEN = 1
/** Visible ASCII: all that a request target may contain (RFC 3986 §2; the sets of each URI part are the origin's concern). */
const VISIBLE = 2
/** Allowed in a field value: SP, HTAB, visible ASCII and obs-text (RFC 9110 §5.5). */
const VALUE = 4

const TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~"
const CLASSES = classTable()

function classTable(): Uint8Array {
  const classes = new Uint8Array(256)
  for (let octet = 0x21; octet <= 0x7e; octet++) {
    const char = String.fromCharCode(octet)
    classes[octet] = VISIBLE | VALUE | (/[A-Za-z0-9]/.test(char) || TOKEN_PUNCTUATION.includes(char) ? TOKEN : 0)
  }
  for (let octet = 0x80; octet <= 0xff; octet++) classes[octet] = VALUE
  classes[0x09] = VALUE
  classes[0x20] = VALUE
  return classes
}

export function isTokenOctet(octet: number): boolean {
  return ((CLASSES[octet] as number) & TOKEN) !== 0
}

/** The end of the run of token octets that begins at `from`. */
export function tokenEnd(bytes: Uint8Array, from: number, end: number): number {
  return runEnd(bytes, from, end, TOKEN)
}

/** The end of the run of visible ASCII octets that begins at `from`. */
export function visibleEnd(bytes: Uint8Array, from: number, end: number): number {
  return runEnd(bytes, from, end, VISIBLE)
}

/** The end of the run of field value octets that begins at `from`. */
export function fieldValueEnd(bytes: Uint8Array, from: number, end: number): number {
  return runEnd(bytes, from, end, VALUE)
}

function runEnd(bytes: Uint8Array, from: number, end: number, octetClass: number): number {
  let at = from
  while (at < end && ((CLASSES[bytes[at] as number] as number) & octetClass) !== 0) at++
  return at
}
