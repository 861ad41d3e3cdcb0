/**
 * The rules of HTTP/1.1 framing and syntax that a message can break, and the status with which a request that breaks one is
 * refused. A *response* that breaks one is answered by 502 in its place, or cut once some of it has been forwarded. No thread
 * of its own.
 */

import { violationTable } from './violation.ts'

export const HTTP1_VIOLATIONS = violationTable({
  // Lines (RFC 9112 §2.2)
  http1_bare_cr: { atFault: 'sender', rule: 'RFC 9112 §2.2', message: 'A CR is not followed by LF.', status: 400 },
  http1_bare_lf: { atFault: 'sender', rule: 'RFC 9112 §2.2', message: 'A line ends in LF without CR.', status: 400 },
  http1_too_many_empty_lines: {
    atFault: 'client',
    rule: 'RFC 9112 §2.2',
    message: 'Too many empty lines before the request line.',
    status: 400,
  },

  // Start lines (RFC 9112 §2.3, §3, §4)
  http1_bad_request_line: {
    atFault: 'client',
    rule: 'RFC 9112 §3',
    message: 'The request line is not: method, one space, request target, one space, HTTP version.',
    status: 400,
  },
  http1_bad_method: { atFault: 'client', rule: 'RFC 9110 §9.1', message: 'The method is not a token.', status: 400 },
  http1_bad_target: {
    atFault: 'client',
    rule: 'RFC 9112 §3.2',
    message: 'The request target has no valid form for the method, or an octet that no URI has.',
    status: 400,
  },
  http1_request_line_too_long: { atFault: 'client', rule: 'limit', message: 'The request line exceeds the limit of a head.', status: 414 },
  http1_missing_version: {
    atFault: 'client',
    rule: 'RFC 9112 §3',
    message: 'The request line has no HTTP version (HTTP/0.9).',
    status: 400,
  },
  http1_bad_version: { atFault: 'sender', rule: 'RFC 9112 §2.3', message: 'The HTTP version is malformed.', status: 400 },
  http1_unsupported_version: {
    atFault: 'sender',
    rule: 'RFC 9110 §15.6.6',
    message: 'The HTTP version is neither 1.0 nor 1.1.',
    status: 505,
  },
  http1_bad_status_line: {
    atFault: 'origin',
    rule: 'RFC 9112 §4',
    message: 'The status line is not: HTTP version, one space, three digits, one space, reason phrase.',
    status: 0,
  },

  // Field lines (RFC 9112 §5)
  http1_missing_colon: { atFault: 'sender', rule: 'RFC 9112 §5', message: 'A field line has no colon.', status: 400 },
  http1_empty_field_name: { atFault: 'sender', rule: 'RFC 9110 §5.1', message: 'A field line has no name.', status: 400 },
  http1_bad_field_name: { atFault: 'sender', rule: 'RFC 9110 §5.1', message: 'A field name is not a token.', status: 400 },
  http1_bad_field_value: { atFault: 'sender', rule: 'RFC 9110 §5.5', message: 'A field value has a control character.', status: 400 },
  http1_whitespace_before_colon: {
    atFault: 'sender',
    rule: 'RFC 9112 §5.1',
    message: 'Whitespace stands between a field name and its colon.',
    status: 400,
  },
  http1_whitespace_before_first_field: {
    atFault: 'sender',
    rule: 'RFC 9112 §2.2',
    message: 'Whitespace stands between the start line and the first field.',
    status: 400,
  },
  http1_obs_fold: { atFault: 'sender', rule: 'RFC 9112 §5.2', message: 'A field value is folded over several lines.', status: 400 },
  http1_head_too_large: { atFault: 'sender', rule: 'limit', message: 'The head exceeds the limit.', status: 431 },
  http1_too_many_fields: { atFault: 'sender', rule: 'limit', message: 'The head has more field lines than the limit.', status: 431 },

  // Host (RFC 9112 §3.2)
  http1_missing_host: { atFault: 'client', rule: 'RFC 9112 §3.2', message: 'An HTTP/1.1 request has no Host field.', status: 400 },
  http1_duplicate_host: { atFault: 'client', rule: 'RFC 9112 §3.2', message: 'A request has more than one Host field.', status: 400 },
  http1_bad_host: { atFault: 'client', rule: 'RFC 9112 §3.2', message: 'The Host field is not a host with an optional port.', status: 400 },

  // Message body length (RFC 9112 §6)
  http1_bad_content_length: {
    atFault: 'sender',
    rule: 'RFC 9110 §8.6',
    message: 'The Content-Length is not a plain decimal number.',
    status: 400,
  },
  http1_content_length_too_large: {
    atFault: 'sender',
    rule: 'RFC 9110 §8.6',
    message: 'The Content-Length exceeds 2^53 − 1 or 16 digits.',
    status: 400,
  },
  http1_duplicate_content_length: {
    atFault: 'sender',
    rule: 'RFC 9112 §6.3',
    message: 'A message has more than one Content-Length, equal or not.',
    status: 400,
  },
  http1_transfer_encoding_with_content_length: {
    atFault: 'sender',
    rule: 'RFC 9112 §6.3',
    message: 'A message has both Transfer-Encoding and Content-Length.',
    status: 400,
  },
  http1_transfer_encoding_in_http10: {
    atFault: 'sender',
    rule: 'RFC 9112 §6.1',
    message: 'An HTTP/1.0 message has a Transfer-Encoding.',
    status: 400,
  },
  http1_duplicate_transfer_encoding: {
    atFault: 'sender',
    rule: 'RFC 9112 §6.1',
    message: 'A message has more than one Transfer-Encoding field.',
    status: 400,
  },
  http1_bad_transfer_encoding: {
    atFault: 'sender',
    rule: 'RFC 9112 §6.3',
    message: 'The final transfer coding is not a single, plainly spelled "chunked".',
    status: 400,
  },
  http1_unknown_transfer_coding: {
    atFault: 'sender',
    rule: 'RFC 9112 §6.1',
    message: 'A transfer coding other than "chunked" precedes it.',
    status: 501,
  },
  http1_disguised_framing_field: {
    atFault: 'sender',
    rule: 'RFC 3875 §4.1.18',
    message: 'A field name is Content-Length or Transfer-Encoding to a reader that takes "_" for "-", as CGI does.',
    status: 400,
  },
  http1_connect_with_content: {
    atFault: 'client',
    rule: 'RFC 9110 §9.3.6',
    message: 'A CONNECT request announces content.',
    status: 400,
  },
  http1_forbidden_content_length: {
    atFault: 'origin',
    rule: 'RFC 9110 §8.6',
    message: 'A 1xx, 204 or successful CONNECT response announces content by Content-Length.',
    status: 0,
  },
  http1_forbidden_transfer_encoding: {
    atFault: 'origin',
    rule: 'RFC 9112 §6.1',
    message: 'A 1xx, 204 or successful CONNECT response has a Transfer-Encoding.',
    status: 0,
  },

  // Chunked transfer coding (RFC 9112 §7.1)
  http1_bad_chunk_size: {
    atFault: 'sender',
    rule: 'RFC 9112 §7.1',
    message: 'A chunk size is not plain hexadecimal digits followed by CRLF or ";".',
    status: 400,
  },
  http1_chunk_size_too_large: {
    atFault: 'sender',
    rule: 'RFC 9112 §7.1',
    message: 'A chunk size exceeds 2^53 − 1 or 16 digits.',
    status: 400,
  },
  http1_bad_chunk_extension: {
    atFault: 'sender',
    rule: 'RFC 9112 §7.1.1',
    message: 'A chunk extension has a control character.',
    status: 400,
  },
  http1_chunk_line_too_long: { atFault: 'sender', rule: 'RFC 9112 §7.1.1', message: 'A chunk line exceeds the limit.', status: 400 },
  http1_bad_chunk_end: { atFault: 'sender', rule: 'RFC 9112 §7.1', message: 'The data of a chunk is not followed by CRLF.', status: 400 },
  http1_forbidden_trailer: {
    atFault: 'sender',
    rule: 'RFC 9110 §6.5.1',
    message: 'A trailer section has a field that frames or routes a message.',
    status: 400,
  },

  // The connection (RFC 9112 §9)
  http1_unexpected_response: {
    atFault: 'origin',
    rule: 'RFC 9112 §9.2',
    message: 'The origin sent octets that answer no request.',
    status: 0,
  },
  http1_data_after_close: {
    atFault: 'client',
    rule: 'RFC 9112 §9.6',
    message: 'The client sent octets after a request that closes the connection.',
    status: 0,
  },
  http1_unasked_upgrade: {
    atFault: 'origin',
    rule: 'RFC 9110 §15.2.2',
    message: 'A 101 response names no protocol, or answers a request that offered none.',
    status: 0,
  },
})
