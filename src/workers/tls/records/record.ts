/**
 * TLS records by number (RFC 8446 §5.1, RFC 5246 §6.2.1), shared by the ClientHello parser and the record tracker.
 * Constants only. Worker thread.
 *
 *     ┌──────┬──────────────┬──────────┬────────────────┐
 *     │ type │ version  3.x │ length   │ payload …      │
 *     │  u8  │   u8    u8   │   u16    │                │
 *     └──────┴──────────────┴──────────┴────────────────┘
 */

export const RECORD_HEADER_BYTES = 5

export const CHANGE_CIPHER_SPEC = 0x14
export const ALERT = 0x15
export const HANDSHAKE = 0x16
export const APPLICATION_DATA = 0x17
/** RFC 6520 §3. */
const HEARTBEAT = 0x18

/** Every version from SSL 3.0 to TLS 1.3 has 3 as the major number of its records. */
export const RECORD_MAJOR = 0x03
/** SSL 2.0 records: the high bit of the first octet says that the header has two octets (RFC 5246 §E.2). */
export const SSL2_LENGTH_BIT = 0x80
export const SSL2_CLIENT_HELLO = 1

export const CLIENT_HELLO = 1
export const SERVER_HELLO = 2
export const CERTIFICATE = 11
export const SERVER_HELLO_DONE = 14
export const HANDSHAKE_HEADER_BYTES = 4

/** Whether `octet` is the type of a TLS record. */
export function isRecordType(octet: number): boolean {
  return octet >= CHANGE_CIPHER_SPEC && octet <= HEARTBEAT
}

/** Whether `octet` is a printable ASCII character, as text protocols begin with: `GET`, `220`, `* OK`, `+OK`. */
export function isText(octet: number): boolean {
  return octet >= 0x20 && octet <= 0x7e
}
