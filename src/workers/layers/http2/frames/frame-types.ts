/**
 * Frame types, flags and settings of HTTP/2 (RFC 9113 §6, RFC 8441, RFC 9218). Worker thread.
 */

export const DATA = 0x0
export const HEADERS = 0x1
export const PRIORITY = 0x2
export const RST_STREAM = 0x3
export const SETTINGS = 0x4
export const PUSH_PROMISE = 0x5
export const PING = 0x6
export const GOAWAY = 0x7
export const WINDOW_UPDATE = 0x8
export const CONTINUATION = 0x9
/** RFC 7838 §4. */
export const ALTSVC = 0xa
/** RFC 9218 §7.1. Other extension types (ORIGIN, GREASE) are passed on unread, as §5.5 of RFC 9113 asks. */
export const PRIORITY_UPDATE = 0x10

/** On DATA and HEADERS. */
export const END_STREAM = 0x1
/** On SETTINGS and PING. */
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
/** On HEADERS: five octets of priority follow. */
export const PRIORITY_FLAG = 0x20

export const FRAME_HEAD_BYTES = 9
/** Octets of the priority fields of HEADERS, and the whole of PRIORITY. */
export const PRIORITY_BYTES = 5

export const SETTING_HEADER_TABLE_SIZE = 0x1
export const SETTING_ENABLE_PUSH = 0x2
export const SETTING_MAX_CONCURRENT_STREAMS = 0x3
export const SETTING_INITIAL_WINDOW_SIZE = 0x4
export const SETTING_MAX_FRAME_SIZE = 0x5
export const SETTING_MAX_HEADER_LIST_SIZE = 0x6
/** RFC 8441 §3. */
export const SETTING_ENABLE_CONNECT_PROTOCOL = 0x8
/** gRPC's, of its proposal G1 (true binary metadata): the sender of it takes values of `-bin` fields without base64. */
export const SETTING_GRPC_ALLOW_TRUE_BINARY_METADATA = 0xfe03
/** Octets of one parameter: identifier and value. */
export const SETTING_BYTES = 6

/** RFC 9113 §6.5.2: the initial value and the greatest of SETTINGS_MAX_FRAME_SIZE; the initial window. */
export const MAX_FRAME_SIZE_DEFAULT = 16_384
export const MAX_FRAME_SIZE_LIMIT = 16_777_215
export const INITIAL_WINDOW_DEFAULT = 65_535
/** §6.9.1. */
export const WINDOW_LIMIT = 2_147_483_647

/** §3.4: what a client sends first. */
export const PREFACE: Uint8Array = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
