/**
 * Field names that HTTP/2 has rules for, as small numbers (RFC 9113 §8.2, §8.3). A name is looked at once, when it is read or
 * enters a table; whoever refers to a table entry gets the number with it. Worker thread.
 */

/** Any valid name without a rule. */
export const OTHER = 0
export const METHOD = 1
export const SCHEME = 2
export const AUTHORITY = 3
export const PATH = 4
export const STATUS = 5
/** RFC 8441 §4. */
export const PROTOCOL = 6
/** The highest number of a known pseudo-header field; they count from `METHOD`. */
export const LAST_PSEUDO = PROTOCOL
export const UNKNOWN_PSEUDO = 7
/** Connection, Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade: "MUST NOT generate" (§8.2.2). */
export const CONNECTION_SPECIFIC = 8
/** Allowed on requests with the value `trailers` only (§8.2.2). */
export const TE = 9
export const CONTENT_LENGTH = 10
export const COOKIE = 11
export const HOST = 12
/** Not a lower-case token (§8.2.1). */
export const BAD_NAME = 13

const COLON = 0x3a

const NUMBERS: Readonly<Record<string, number>> = {
  ':method': METHOD,
  ':scheme': SCHEME,
  ':authority': AUTHORITY,
  ':path': PATH,
  ':status': STATUS,
  ':protocol': PROTOCOL,
  connection: CONNECTION_SPECIFIC,
  'keep-alive': CONNECTION_SPECIFIC,
  'proxy-connection': CONNECTION_SPECIFIC,
  'transfer-encoding': CONNECTION_SPECIFIC,
  upgrade: CONNECTION_SPECIFIC,
  te: TE,
  'content-length': CONTENT_LENGTH,
  cookie: COOKIE,
  host: HOST,
}

/** The names of `NUMBERS` as octets, by their length: at most two share one. */
const BY_LENGTH: (readonly (readonly [octets: Uint8Array, number: number])[] | undefined)[] = []
for (const [name, number] of Object.entries(NUMBERS)) {
  BY_LENGTH[name.length] = [...(BY_LENGTH[name.length] ?? []), [Buffer.from(name, 'latin1'), number]]
}

/** 1 for the octets of a lower-case token (RFC 9110 §5.6.2 without A–Z). */
const NAME_OCTETS = new Uint8Array(256)
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") NAME_OCTETS[character.charCodeAt(0)] = 1

/** 1 for what no value may contain: NUL, LF, CR (RFC 9113 §8.2.1). */
const FORBIDDEN_IN_VALUE = new Uint8Array(256)
for (const octet of [0x00, 0x0a, 0x0d]) FORBIDDEN_IN_VALUE[octet] = 1

/** The number of the name `bytes[start … end)`. */
export function fieldName(bytes: Uint8Array, start: number, end: number): number {
  const candidates = BY_LENGTH[end - start]
  if (candidates !== undefined) {
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i] as readonly [Uint8Array, number]
      if (equals(candidate[0], bytes, start)) return candidate[1]
    }
  }
  if (start === end) return BAD_NAME
  if (bytes[start] === COLON) return UNKNOWN_PSEUDO
  for (let i = start; i < end; i++) {
    if (NAME_OCTETS[bytes[i] as number] === 0) return BAD_NAME
  }
  return OTHER
}

/** Whether a value has none of the octets with which it would end early in HTTP/1.1. */
export function isFieldValue(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (FORBIDDEN_IN_VALUE[bytes[i] as number] === 1) return false
  }
  return true
}

function equals(expected: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = expected.length - 1; i >= 0; i--) {
    if (expected[i] !== bytes[start + i]) return false
  }
  return true
}
