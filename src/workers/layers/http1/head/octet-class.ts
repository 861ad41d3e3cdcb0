/**
 * OCTET_CLASS: which grammar rules each of the 256 octets may take part in, as a bit set, so that validating a span costs one
 * table read per octet. Pure data; worker thread. RFC 9110 §5.5 and §5.6.2, RFC 9112 §3.2, RFC 3986 §3.2.2.
 */

/** `tchar` (RFC 9110 §5.6.2): methods and field names. */
export const TOKEN = 1
/** HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5): field values, reason phrases, chunk extensions. */
export const VALUE = 2
/**
 * VCHAR without `#`: request targets. Wider than RFC 3986, since clients send `|`, `"` and braces and origins agree on what is meant.
 * On `#` they do not: no target has a fragment (RFC 9112 §3.2), and some readers cut it off while others see a longer path.
 */
export const TARGET = 4
/** `reg-name` (RFC 3986 §3.2.2): hosts, without brackets and the colon. */
export const HOST = 8
/** HEXDIG, either case. */
export const HEX = 16
/** DIGIT. */
export const DIGIT = 32
/** `scheme` (RFC 3986 §3.1), but that its first octet is a letter. */
export const SCHEME = 64
/** ALPHA. */
export const LETTER = 128

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20
export const COMMA = 0x2c
export const SLASH = 0x2f
export const ZERO = 0x30
export const COLON = 0x3a
export const SEMICOLON = 0x3b

const HASH = 0x23
const TOKEN_MARKS = "!#$%&'*+-.^_`|~"
const HOST_MARKS = "-._~%!$&'()*+,;="
const SCHEME_MARKS = '+-.'

export const OCTET_CLASS: Uint8Array = buildClasses()

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256)
  const mark = (octet: number, bits: number): void => {
    classes[octet] = (classes[octet] as number) | bits
  }
  for (let octet = 0x21; octet <= 0x7e; octet++) mark(octet, octet === HASH ? VALUE : VALUE | TARGET)
  for (let octet = 0x80; octet <= 0xff; octet++) mark(octet, VALUE)
  mark(HTAB, VALUE)
  mark(SP, VALUE)
  for (let digit = 0x30; digit <= 0x39; digit++) mark(digit, TOKEN | HOST | HEX | DIGIT | SCHEME)
  for (let letter = 0; letter < 26; letter++) {
    const hex = letter < 6 ? HEX : 0
    mark(0x41 + letter, TOKEN | HOST | LETTER | SCHEME | hex)
    mark(0x61 + letter, TOKEN | HOST | LETTER | SCHEME | hex)
  }
  for (const text of TOKEN_MARKS) mark(text.charCodeAt(0), TOKEN)
  for (const text of HOST_MARKS) mark(text.charCodeAt(0), HOST)
  for (const text of SCHEME_MARKS) mark(text.charCodeAt(0), SCHEME)
  return classes
}
