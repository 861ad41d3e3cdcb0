/**
 * The static table of HPACK (RFC 7541 Appendix A), 61 entries, as lines in one arena, so that an indexed field is one copy.
 * Worker thread.
 */

import { fieldName } from '../head/field-name.ts'

const ENTRIES: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
]

export const STATIC_ENTRIES = 61

/** Lines `name: value CRLF`, one after the other. */
export const STATIC_LINES: Uint8Array = Buffer.from(ENTRIES.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1')
/** By index from 1 (0 is unused): where the line starts, octets of name and value, the name's number (`../head/field-name.ts`). */
export const STATIC_OFFSETS: Int32Array = new Int32Array(STATIC_ENTRIES + 1)
export const STATIC_NAME_LENGTHS: Uint8Array = new Uint8Array(STATIC_ENTRIES + 1)
export const STATIC_VALUE_LENGTHS: Uint8Array = new Uint8Array(STATIC_ENTRIES + 1)
export const STATIC_NAMES: Uint8Array = new Uint8Array(STATIC_ENTRIES + 1)

let offset = 0
for (const [i, [name, value]] of ENTRIES.entries()) {
  STATIC_OFFSETS[i + 1] = offset
  STATIC_NAME_LENGTHS[i + 1] = name.length
  STATIC_VALUE_LENGTHS[i + 1] = value.length
  STATIC_NAMES[i + 1] = fieldName(STATIC_LINES, offset, offset + name.length)
  offset += name.length + value.length + 4
}
