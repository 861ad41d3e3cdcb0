/**
 * Violations of HTTP/2 (RFC 9113, RFC 8441), each with the error code that its sender is told and how far it reaches: the
 * connection (GOAWAY, the session ends) or one stream (RST_STREAM to both sides). No thread of its own.
 */

import { type AtFault, type Violation, violationTable } from './violation.ts'

/** Error codes, RFC 9113 §7. */
export const NO_ERROR = 0x0
export const PROTOCOL_ERROR = 0x1
export const INTERNAL_ERROR = 0x2
const FLOW_CONTROL_ERROR = 0x3
const STREAM_CLOSED = 0x5
const FRAME_SIZE_ERROR = 0x6
export const REFUSED_STREAM = 0x7
export const CANCEL = 0x8
export const COMPRESSION_ERROR = 0x9
export const ENHANCE_YOUR_CALM = 0xb

export interface Http2Violation extends Violation {
  readonly errorCode: number
  readonly reach: 'connection' | 'stream'
}

type Row = Omit<Http2Violation, 'code'>

function row(
  reach: Http2Violation['reach'],
  errorCode: number,
  rule: string,
  message: string,
  atFault: AtFault = 'sender',
  status = 0,
): Row {
  return { atFault, rule, message, status, errorCode, reach }
}

function connection(errorCode: number, rule: string, message: string, atFault?: AtFault): Row {
  return row('connection', errorCode, rule, message, atFault)
}

/** A malformed message: "a stream error of type PROTOCOL_ERROR" (RFC 9113 §8.1.1). */
function malformed(rule: string, message: string, atFault?: AtFault): Row {
  return row('stream', PROTOCOL_ERROR, rule, message, atFault)
}

function flood(message: string): Row {
  return connection(ENHANCE_YOUR_CALM, 'limit', message)
}

const ROWS = {
  // Connection preface (§3.4)
  http2_preface: connection(PROTOCOL_ERROR, 'RFC 9113 §3.4', 'The connection does not begin with the HTTP/2 preface.', 'client'),
  http2_settings_first: connection(PROTOCOL_ERROR, 'RFC 9113 §3.4', 'The first frame is not SETTINGS.'),

  // Frames (§4, §6)
  http2_frame_too_long: connection(FRAME_SIZE_ERROR, 'RFC 9113 §4.2', 'A frame is longer than the receiver allows.'),
  http2_frame_length: connection(FRAME_SIZE_ERROR, 'RFC 9113 §6', 'The length of a frame does not fit its type.'),
  http2_stream_zero: connection(PROTOCOL_ERROR, 'RFC 9113 §6', 'A frame that belongs to a stream is on stream 0.'),
  http2_stream_not_zero: connection(PROTOCOL_ERROR, 'RFC 9113 §6', 'A frame that belongs to the connection is on a stream.'),
  http2_padding: connection(PROTOCOL_ERROR, 'RFC 9113 §6.1', 'The padding of a frame is as long as its payload or longer.'),
  http2_continuation_missing: connection(PROTOCOL_ERROR, 'RFC 9113 §6.2', 'Another frame stands within a header block.'),
  http2_continuation_unexpected: connection(PROTOCOL_ERROR, 'RFC 9113 §6.10', 'A CONTINUATION frame continues nothing.'),
  http2_header_block_too_long: flood('A header block has more octets or CONTINUATION frames than any list within the limit needs.'),

  // SETTINGS (§6.5)
  http2_settings_too_long: flood('A SETTINGS frame has more than 64 parameters.'),
  http2_settings_value: connection(PROTOCOL_ERROR, 'RFC 9113 §6.5.2', 'A setting has a value that it cannot have.'),
  http2_settings_window: connection(FLOW_CONTROL_ERROR, 'RFC 9113 §6.5.2', 'SETTINGS_INITIAL_WINDOW_SIZE is above 2³¹ − 1.'),
  http2_settings_ack: connection(PROTOCOL_ERROR, 'RFC 9113 §6.5.3', 'A SETTINGS acknowledgement answers nothing.'),

  // Streams (§5.1)
  http2_stream_idle: connection(PROTOCOL_ERROR, 'RFC 9113 §5.1', 'A frame is on a stream that nobody has opened.'),
  http2_stream_id: connection(
    PROTOCOL_ERROR,
    'RFC 9113 §5.1.1',
    'The id of a new stream has the wrong parity, or is lower than an earlier one.',
  ),
  http2_stream_closed: row('stream', STREAM_CLOSED, 'RFC 9113 §5.1', 'A frame came after END_STREAM or RST_STREAM of the same sender.'),
  http2_data_before_head: malformed('RFC 9113 §8.1', 'DATA came before the final response head.', 'origin'),
  http2_push_disabled: connection(PROTOCOL_ERROR, 'RFC 9113 §6.6', 'The origin pushes although the client has disabled it.', 'origin'),
  http2_push_by_client: connection(PROTOCOL_ERROR, 'RFC 9113 §8.4', 'A client cannot push.', 'client'),

  // Flow control (§6.9)
  http2_window_zero_stream: row('stream', PROTOCOL_ERROR, 'RFC 9113 §6.9', 'A WINDOW_UPDATE of a stream has an increment of 0.'),
  http2_window_zero: connection(PROTOCOL_ERROR, 'RFC 9113 §6.9', 'A WINDOW_UPDATE of the connection has an increment of 0.'),
  http2_window_overflow_stream: row('stream', FLOW_CONTROL_ERROR, 'RFC 9113 §6.9.1', 'The window of a stream exceeds 2³¹ − 1.'),
  http2_window_overflow: connection(FLOW_CONTROL_ERROR, 'RFC 9113 §6.9.1', 'The window of the connection exceeds 2³¹ − 1.'),

  // Messages (§8)
  http2_field_name: malformed('RFC 9113 §8.2.1', 'A field name is not a lower-case token.'),
  http2_field_value: malformed('RFC 9113 §8.2.1', 'A field value contains NUL, CR or LF.'),
  http2_connection_field: malformed('RFC 9113 §8.2.2', 'A field is specific to an HTTP/1.1 connection.'),
  http2_te: malformed('RFC 9113 §8.2.2', 'TE has another value than trailers.', 'client'),
  http2_pseudo_unknown: malformed('RFC 9113 §8.3', 'A pseudo-header field is not defined.'),
  http2_pseudo_late: malformed('RFC 9113 §8.3', 'A pseudo-header field comes after a regular field.'),
  http2_pseudo_repeated: malformed('RFC 9113 §8.3', 'A pseudo-header field is there twice.'),
  http2_pseudo_misplaced: malformed('RFC 9113 §8.3', 'A pseudo-header field stands in a message or section that does not have it.'),
  http2_pseudo_missing: malformed('RFC 9113 §8.3.1', 'A mandatory pseudo-header field is missing.'),
  http2_method: malformed('RFC 9110 §9.1', 'The method is not a token.', 'client'),
  http2_scheme: malformed('RFC 3986 §3.1', 'The scheme is not a letter and then letters, digits, "+", "-" and ".".', 'client'),
  http2_path: malformed(
    'RFC 9113 §8.3.1',
    'The path does not start with a slash and is no asterisk of OPTIONS, or has an octet that no path has.',
    'client',
  ),
  http2_authority: malformed('RFC 9113 §8.3.1', 'The authority contains octets that none has, or it and Host fields differ.', 'client'),
  http2_connect: malformed('RFC 8441 §4', 'Extended CONNECT to an origin that has not offered it.', 'client'),
  http2_status: malformed('RFC 9113 §8.3.2', 'The status is not three digits from 100 on, or is 101.', 'origin'),
  http2_trailers_end: malformed('RFC 9113 §8.1', 'A header block behind the head does not end the stream.'),
  http2_informational_end: malformed('RFC 9113 §8.1', 'An informational response ends the stream.', 'origin'),
  http2_content_length: malformed(
    'RFC 9113 §8.1.1',
    'Content-Length is malformed or not what the DATA frames come to, or a response to HEAD, a 204 or a 304 has content.',
  ),
  http2_header_list_too_large: row(
    'stream',
    ENHANCE_YOUR_CALM,
    'limit',
    'The field section is larger than http2_max_header_list_size.',
    'sender',
    431,
  ),

  // Floods
  http2_flood_reset: flood('More streams were reset than any client needs to reset.'),
  http2_flood_settings: flood('Too many SETTINGS frames.'),
  http2_flood_ping: flood('Too many PING frames.'),
  http2_flood_empty: flood('Too many frames that carry nothing.'),
  http2_flood_priority: flood('Too many PRIORITY frames.'),
  http2_flood_window_update: flood('Too many WINDOW_UPDATE frames for the DATA that was sent.'),
  http2_flood_stall: flood('Too many streams were left without window for too long.'),
  http2_flood_streams: flood('Too many streams are open at once.'),
} as const satisfies Record<string, Row>

export const HTTP2_VIOLATIONS = violationTable(ROWS) as Readonly<Record<keyof typeof ROWS, Http2Violation>>
