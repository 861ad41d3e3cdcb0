/**
 * Malformed HTTP/1.1 messages, with what a strict reader must do about each: data for the layer's test and for the integration
 * test through real sockets.
 *
 * `status` is what the client gets: that of the refusal, 502 in the place of a response, or 0 where a message is cut because
 * some of it had been forwarded. `forwarded` is what the other side has seen of the message by then.
 */

import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'

export interface MalformedMessage {
  readonly name: string
  /** Who sends it. */
  readonly side: Side
  /** Latin-1. */
  readonly raw: string
  readonly status: number
  readonly code: string
  readonly forwarded: string
  /** The request that a malformed response answers. */
  readonly request: string
}

const PLAIN_REQUEST = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a.example\r\n'
const CHUNKED_POST = `${POST}Transfer-Encoding: chunked\r\n\r\n`
const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED_OK = `${OK}Transfer-Encoding: chunked\r\n\r\n`
const LONG = 'x'.repeat(70_000)

/** Heads: [name, raw, code, status = 400]. Nothing of them is forwarded. */
const REQUEST_HEADS: readonly (readonly [string, string, string, number?])[] = [
  // Request lines
  ['leading space', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['two spaces after method', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['two spaces before version', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['space after version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['space in target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['tab between parts', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_method'],
  ['method alone', 'GET\r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['method not a token', 'GE(T / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_method'],
  ['method with obs-text', 'G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_method'],
  ['NUL in method', 'G\0T / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_method'],
  ['HTTP/0.9', 'GET /\r\n\r\n', 'http1_missing_version'],
  ['control in target', 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['non-ASCII target', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['DEL in target', 'GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['tab in target', 'GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['fragment in absolute-form', 'GET http://a#b HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['query in front of what looks like absolute-form', 'GET x?y=http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['scheme that begins with a digit', 'GET 1http://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['relative target', 'GET index.html HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['authority-form without CONNECT', 'GET a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['asterisk-form without OPTIONS', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['absolute-form without host', 'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['absolute-form with user information', 'GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['CONNECT with origin-form', 'CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['CONNECT without port', 'CONNECT a.example HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bad_target'],
  ['version in lower case', 'GET / http/1.1\r\nHost: a\r\n\r\n', 'http1_bad_request_line'],
  ['version without minor', 'GET / HTTP/1\r\nHost: a\r\n\r\n', 'http1_bad_version'],
  ['version with two minor digits', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n', 'http1_bad_version'],
  ['version of letters', 'GET / HTTP/a.b\r\nHost: a\r\n\r\n', 'http1_bad_version'],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 'http1_unsupported_version', 505],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http1_unsupported_version', 505],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 'http1_unsupported_version', 505],
  ['HTTP/0.9 spelled out', 'GET / HTTP/0.9\r\nHost: a\r\n\r\n', 'http1_unsupported_version', 505],
  ['bare LF ends request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 'http1_bare_lf'],
  ['bare CR in request line', 'GET / HTTP/1.1\rHost: a\r\n\r\n', 'http1_bare_cr'],
  ['bare CR after method', 'GET\r/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http1_bare_cr'],
  ['five empty lines first', `\r\n\r\n\r\n\r\n\r\n${PLAIN_REQUEST}`, 'http1_too_many_empty_lines'],
  ['bare LF first', `\n${PLAIN_REQUEST}`, 'http1_bare_lf'],
  ['bare CR first', `\r${PLAIN_REQUEST}`, 'http1_bare_cr'],
  ['request line over the limit', `GET /${LONG} HTTP/1.1\r\nHost: a\r\n\r\n`, 'http1_request_line_too_long', 414],

  // Field lines
  ['no colon', `${POST}Foo\r\n\r\n`, 'http1_missing_colon'],
  ['empty name', `${POST}: bar\r\n\r\n`, 'http1_empty_field_name'],
  ['space before colon', `${POST}Foo : bar\r\n\r\n`, 'http1_whitespace_before_colon'],
  ['tab before colon', `${POST}Foo\t: bar\r\n\r\n`, 'http1_whitespace_before_colon'],
  ['space in name', `${POST}Fo o: bar\r\n\r\n`, 'http1_bad_field_name'],
  ['parenthesis in name', `${POST}Fo(o: bar\r\n\r\n`, 'http1_bad_field_name'],
  ['obs-text in name', `${POST}Fo\xe9: bar\r\n\r\n`, 'http1_bad_field_name'],
  ['NUL in name', `${POST}Fo\0o: bar\r\n\r\n`, 'http1_bad_field_name'],
  ['NUL in value', `${POST}Foo: b\0r\r\n\r\n`, 'http1_bad_field_value'],
  ['ESC in value', `${POST}Foo: b\x1br\r\n\r\n`, 'http1_bad_field_value'],
  ['DEL in value', `${POST}Foo: b\x7fr\r\n\r\n`, 'http1_bad_field_value'],
  ['bare CR in value', `${POST}Foo: b\rX: y\r\n\r\n`, 'http1_bare_cr'],
  ['bare LF ends field', `${POST}Foo: bar\nX: y\r\n\r\n`, 'http1_bare_lf'],
  ['bare LF ends head', `${POST}Foo: bar\r\n\n`, 'http1_bare_lf'],
  ['bare CR in name', `${POST}Fo\ro: bar\r\n\r\n`, 'http1_bare_cr'],
  ['bare CR for empty line', `${POST}\rX: y\r\n\r\n`, 'http1_bare_cr'],
  ['obs-fold by space', `${POST}Foo: bar\r\n baz\r\n\r\n`, 'http1_obs_fold'],
  ['obs-fold by tab', `${POST}Foo: bar\r\n\tbaz\r\n\r\n`, 'http1_obs_fold'],
  ['space before first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'http1_whitespace_before_first_field'],
  ['head over the limit', `${POST}Foo: ${LONG}\r\n\r\n`, 'http1_head_too_large', 431],
  ['head over the limit in many fields', `${POST}${`Foo: ${'y'.repeat(700)}\r\n`.repeat(100)}\r\n`, 'http1_head_too_large', 431],
  ['too many fields', `${POST}${'F: v\r\n'.repeat(300)}\r\n`, 'http1_too_many_fields', 431],

  // Host
  ['no Host', 'GET / HTTP/1.1\r\nFoo: bar\r\n\r\n', 'http1_missing_host'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'http1_duplicate_host'],
  ['two equal Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n', 'http1_duplicate_host'],
  ['two Hosts on 1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', 'http1_duplicate_host'],
  ['Host with path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'http1_bad_host'],
  ['Host with user information', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 'http1_bad_host'],
  ['Host with space', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'http1_bad_host'],
  ['Host with letters for port', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n', 'http1_bad_host'],
  ['Host with unclosed bracket', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n', 'http1_bad_host'],
  ['Host with obs-text', 'GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n', 'http1_bad_host'],

  // Content-Length
  ['Content-Length with plus', `${POST}Content-Length: +5\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length negative', `${POST}Content-Length: -5\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length hexadecimal', `${POST}Content-Length: 0x5\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length fractional', `${POST}Content-Length: 5.0\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length empty', `${POST}Content-Length:\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length with space inside', `${POST}Content-Length: 1 2\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length behind a tab', `${POST}Content-Length:\t5\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length before a tab', `${POST}Content-Length: 5\t\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length list of equals', `${POST}Content-Length: 5, 5\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length list', `${POST}Content-Length: 5, 6\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length quoted', `${POST}Content-Length: "5"\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length of letters', `${POST}Content-Length: five\r\n\r\nhello`, 'http1_bad_content_length'],
  ['Content-Length above 2^53 - 1', `${POST}Content-Length: 9007199254740992\r\n\r\n`, 'http1_content_length_too_large'],
  ['Content-Length above 2^64', `${POST}Content-Length: 18446744073709551621\r\n\r\nhello`, 'http1_content_length_too_large'],
  ['Content-Length of 17 digits', `${POST}Content-Length: 00000000000000005\r\n\r\nhello`, 'http1_content_length_too_large'],
  ['two Content-Lengths', `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 'http1_duplicate_content_length'],
  ['two equal Content-Lengths', `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, 'http1_duplicate_content_length'],

  // Transfer-Encoding
  ['CL then TE', `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'http1_transfer_encoding_with_content_length'],
  ['TE then CL', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`, 'http1_transfer_encoding_with_content_length'],
  [
    'TE with bad CL',
    `${POST}Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n0\r\n\r\n`,
    'http1_transfer_encoding_with_content_length',
  ],
  ['two TE', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'http1_duplicate_transfer_encoding'],
  [
    'TE split over lines',
    `${POST}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'http1_duplicate_transfer_encoding',
  ],
  ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'http1_transfer_encoding_in_http10'],
  ['TE gzip, chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 'http1_unknown_transfer_coding', 501],
  ['TE unknown, chunked', `${POST}Transfer-Encoding: foo,chunked\r\n\r\n0\r\n\r\n`, 'http1_unknown_transfer_coding', 501],
  ['TE identity, chunked', `${POST}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`, 'http1_unknown_transfer_coding', 501],
  ['TE gzip', `${POST}Transfer-Encoding: gzip\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE identity', `${POST}Transfer-Encoding: identity\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE chunked, gzip', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE chunked, chunked', `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE chunked with parameter', `${POST}Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE chunked with comma', `${POST}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE comma first', `${POST}Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE xchunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE quoted', `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE behind a tab', `${POST}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE before a tab', `${POST}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE empty', `${POST}Transfer-Encoding:\r\n\r\n`, 'http1_bad_transfer_encoding'],
  ['TE with vertical tab', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`, 'http1_bad_field_value'],
  ['TE with underscore', `${POST}Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`, 'http1_disguised_framing_field'],
  ['CL with underscore', `${POST}Content_Length: 5\r\n\r\n`, 'http1_disguised_framing_field'],
  ['CONNECT with length', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 5\r\n\r\nhello', 'http1_connect_with_content'],
]

/** Bodies: [name, octets after the head, how many of them are forwarded, code]. */
const CHUNKED_BODIES: readonly (readonly [string, string, number, string])[] = [
  ['chunk size with plus', '+5\r\nhello\r\n0\r\n\r\n', 0, 'http1_bad_chunk_size'],
  ['chunk size negative', '-1\r\n', 0, 'http1_bad_chunk_size'],
  ['chunk size with 0x', '0x5\r\nhello\r\n0\r\n\r\n', 1, 'http1_bad_chunk_size'],
  ['chunk size behind space', ' 5\r\nhello\r\n', 0, 'http1_bad_chunk_size'],
  ['chunk size before space', '5 \r\nhello\r\n', 1, 'http1_bad_chunk_size'],
  ['chunk size with space before extension', '5 ;a\r\nhello\r\n', 1, 'http1_bad_chunk_size'],
  ['chunk size with underscore', '1_0\r\n', 1, 'http1_bad_chunk_size'],
  ['chunk size empty', '\r\nhello\r\n', 0, 'http1_bad_chunk_size'],
  ['chunk size is an extension', ';a=b\r\n', 0, 'http1_bad_chunk_size'],
  ['chunk size above 2^53 - 1', '20000000000000\r\n', 13, 'http1_chunk_size_too_large'],
  ['chunk size above 2^64', '10000000000000005\r\nhello\r\n', 14, 'http1_chunk_size_too_large'],
  ['chunk size of 17 digits', '00000000000000005\r\nhello\r\n', 16, 'http1_chunk_size_too_large'],
  ['bare LF ends chunk line', '5\nhello\r\n', 1, 'http1_bare_lf'],
  ['bare CR in chunk line', '5\rhello\r\n', 2, 'http1_bare_cr'],
  ['bare LF in extension', '5;a\nhello\r\n', 3, 'http1_bare_lf'],
  ['bare CR in extension', '5;a\rb\r\nhello\r\n', 4, 'http1_bare_cr'],
  ['NUL in extension', '5;a\0\r\nhello\r\n', 3, 'http1_bad_chunk_extension'],
  ['extension over the limit', `5;${'e'.repeat(2_000)}\r\nhello\r\n`, 1_025, 'http1_chunk_line_too_long'],
  ['chunk longer than its size', '5\r\nhelloX\r\n', 8, 'http1_bad_chunk_end'],
  ['bare LF ends chunk', '5\r\nhello\n0\r\n\r\n', 8, 'http1_bad_chunk_end'],
  ['bare CR ends chunk', '5\r\nhello\r0\r\n\r\n', 9, 'http1_bad_chunk_end'],
  ['two CRLF after chunk', '5\r\nhello\r\n\r\n0\r\n\r\n', 10, 'http1_bad_chunk_size'],
  ['trailer without colon', '0\r\nFoo\r\n\r\n', 3, 'http1_missing_colon'],
  ['trailer with space before colon', '0\r\nFoo : bar\r\n\r\n', 3, 'http1_whitespace_before_colon'],
  ['trailer folded', '0\r\nFoo: a\r\n b\r\n\r\n', 3, 'http1_obs_fold'],
  ['trailer ended by bare LF', '0\r\nFoo: a\n\r\n', 3, 'http1_bare_lf'],
  ['trailer section ended by bare LF', '0\r\n\n', 3, 'http1_bare_lf'],
  ['NUL in trailer', '0\r\nFoo: \0\r\n\r\n', 3, 'http1_bad_field_value'],
  ['Content-Length as trailer', '0\r\nContent-Length: 5\r\n\r\n', 3, 'http1_forbidden_trailer'],
  ['Transfer-Encoding as trailer', '0\r\nTransfer-Encoding: chunked\r\n\r\n', 3, 'http1_forbidden_trailer'],
  ['Host as trailer', '0\r\nHost: b\r\n\r\n', 3, 'http1_forbidden_trailer'],
  ['trailers over the limit', `0\r\nFoo: ${LONG}\r\n\r\n`, 3, 'http1_head_too_large'],
  ['too many trailers', `0\r\n${'F: v\r\n'.repeat(300)}\r\n`, 3, 'http1_too_many_fields'],
]

/** Response heads: [name, raw, code, request = GET]. 502 stands in their place. */
const RESPONSE_HEADS: readonly (readonly [string, string, string, string?])[] = [
  ['not HTTP', 'ICY 200 OK\r\n\r\n', 'http1_bad_status_line'],
  ['status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'http1_bad_status_line'],
  ['status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'http1_bad_status_line'],
  ['status below 100', 'HTTP/1.1 099 OK\r\n\r\n', 'http1_bad_status_line'],
  ['status of letters', 'HTTP/1.1 abc OK\r\n\r\n', 'http1_bad_status_line'],
  ['two spaces before status', 'HTTP/1.1  200 OK\r\n\r\n', 'http1_bad_status_line'],
  ['control in reason phrase', 'HTTP/1.1 200 O\x01K\r\n\r\n', 'http1_bad_status_line'],
  ['bare LF ends status line', 'HTTP/1.1 200 OK\nFoo: bar\r\n\r\n', 'http1_bare_lf'],
  ['bare CR in status line', 'HTTP/1.1 200 O\rK\r\n\r\n', 'http1_bare_cr'],
  ['empty line first', `\r\n${OK}\r\n`, 'http1_bad_status_line'],
  ['status line HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', 'http1_unsupported_version'],
  ['response folded', `${OK}Foo: a\r\n b\r\n\r\n`, 'http1_obs_fold'],
  ['response with space before colon', `${OK}Content-Length : 5\r\n\r\nhello`, 'http1_whitespace_before_colon'],
  ['response with NUL', `${OK}Foo: \0\r\n\r\n`, 'http1_bad_field_value'],
  [
    'response TE with CL',
    `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    'http1_transfer_encoding_with_content_length',
  ],
  ['response with two lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 'http1_duplicate_content_length'],
  ['response with signed length', `${OK}Content-Length: +5\r\n\r\nhello`, 'http1_bad_content_length'],
  ['response gzip, chunked', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 'http1_unknown_transfer_coding'],
  ['response TE identity', `${OK}Transfer-Encoding: identity\r\n\r\nhello`, 'http1_bad_transfer_encoding'],
  ['response TE in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'http1_transfer_encoding_in_http10'],
  ['204 with length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 'http1_forbidden_content_length'],
  ['204 with TE', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'http1_forbidden_transfer_encoding'],
  ['103 with length', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello', 'http1_forbidden_content_length'],
  ['100 with TE', 'HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n', 'http1_forbidden_transfer_encoding'],
  [
    'HEAD answered TE with CL',
    `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`,
    'http1_transfer_encoding_with_content_length',
    'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
  ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n', 'http1_unasked_upgrade'],
  [
    '101 without Upgrade',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'http1_unasked_upgrade',
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  ],
  [
    'CONNECT answered with TE',
    `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    'http1_forbidden_transfer_encoding',
    'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n',
  ],
  ['response head over the limit', `${OK}Foo: ${LONG}\r\n\r\n`, 'http1_head_too_large'],
  ['response with too many fields', `${OK}${'F: v\r\n'.repeat(300)}\r\n`, 'http1_too_many_fields'],
]

export const MALFORMED_MESSAGES: readonly MalformedMessage[] = [
  ...REQUEST_HEADS.map(([name, raw, code, status = 400]) => entry(CLIENT, name, raw, status, code, '')),
  ...CHUNKED_BODIES.map(([name, body, kept, code]) =>
    entry(CLIENT, `request: ${name}`, CHUNKED_POST + body, statusOf(code), code, CHUNKED_POST + body.slice(0, kept)),
  ),
  ...RESPONSE_HEADS.map(([name, raw, code, request]) => entry(ORIGIN, name, raw, 502, code, '', request)),
  ...CHUNKED_BODIES.map(([name, body, kept, code]) =>
    entry(ORIGIN, `response: ${name}`, CHUNKED_OK + body, 0, code, CHUNKED_OK + body.slice(0, kept)),
  ),
]

function entry(
  side: Side,
  name: string,
  raw: string,
  status: number,
  code: string,
  forwarded: string,
  request = PLAIN_REQUEST,
): MalformedMessage {
  return { side, name, raw, status, code, forwarded, request }
}

/** Trailer sections have the limits of heads, and their status. */
function statusOf(code: string): number {
  return code === 'http1_head_too_large' || code === 'http1_too_many_fields' ? 431 : 400
}
