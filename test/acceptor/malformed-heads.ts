/**
 * Malformed first heads of a proxy connection, each with the answer it must get: one table for the parser's own test and for
 * the test over real sockets.
 *
 * Written for the default limits (65,536 octets, 256 field lines). Data only.
 */

import type { ConnectViolationCode } from '../../src/shared/violations/connect.ts'

export interface MalformedHead {
  readonly name: string
  /** What the client sends, before it waits for the answer. */
  readonly raw: Uint8Array
  /** The status of the answer. */
  readonly status: number
  readonly code: ConnectViolationCode
  /** The client half-closes after `raw`: only then is the head wrong. */
  readonly ends?: true
}

const HEAD_BYTES = 65_536
const HEAD_FIELDS = 256
const OK_LINE = 'CONNECT a.example:443 HTTP/1.1\r\n'

export const malformedHeads: readonly MalformedHead[] = [
  // Other protocols on the port.
  row('TLS 1.0 record with a ClientHello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'connect_tls_to_plain_port'),
  row('a TLS record, its first octet alone', '\x16', 400, 'connect_tls_to_plain_port'),
  row('SOCKS4 connect', '\x04\x01\x01\xbb\x7f\x00\x00\x01\x00', 400, 'connect_socks4'),
  row('SOCKS4, its first octet alone', '\x04', 400, 'connect_socks4'),
  row('SOCKS5 greeting', '\x05\x01\x00', 400, 'connect_socks5'),
  row('SOCKS5, its first octet alone', '\x05', 400, 'connect_socks5'),
  row('HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'connect_http2_preface'),
  row('HTTP/2 preface, as far as it tells', 'PRI ', 505, 'connect_http2_preface'),
  row('PROXY protocol v1, TCP4', `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${OK_LINE}\r\n`, 400, 'connect_proxy_protocol'),
  row('PROXY protocol v1, UNKNOWN', 'PROXY UNKNOWN\r\n', 400, 'connect_proxy_protocol'),
  row('PROXY protocol v2', '\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c', 400, 'connect_proxy_protocol'),
  row('PROXY protocol v2, as far as it tells', '\r\n\r\n\0', 400, 'connect_proxy_protocol'),
  row('SSLv2 hello', '\x80\x2e\x01\x03\x01', 400, 'connect_not_http'),
  row('NUL', '\0', 400, 'connect_not_http'),
  row('UTF-8 byte order mark before the method', `\xef\xbb\xbf${OK_LINE}\r\n`, 400, 'connect_not_http'),
  row('space before the method', ` ${OK_LINE}\r\n`, 400, 'connect_not_http'),

  // Line ends.
  row('LF first', `\n${OK_LINE}\r\n`, 400, 'connect_bare_lf'),
  row('CR first, then no LF', `\r${OK_LINE}\r\n`, 400, 'connect_bare_cr'),
  row('two empty lines first', `\r\n\r\n${OK_LINE}\r\n`, 400, 'connect_bad_request_line'),
  row('request line ends in LF', 'CONNECT a.example:443 HTTP/1.1\n\r\n', 400, 'connect_bare_lf'),
  row('field line ends in LF', `${OK_LINE}Host: a.example:443\n\r\n`, 400, 'connect_bare_lf'),
  row('empty line is LF', `${OK_LINE}Host: a.example:443\r\n\n`, 400, 'connect_bare_lf'),
  row('CR in the method', `CON\rNECT a.example:443 HTTP/1.1\r\n\r\n`, 400, 'connect_bare_cr'),
  row('CR in the target', `CONNECT a.exa\rmple:443 HTTP/1.1\r\n\r\n`, 400, 'connect_bare_cr'),
  row('CR in a field name', `${OK_LINE}Ho\rst: a\r\n\r\n`, 400, 'connect_bare_cr'),
  row('CR in a field value', `${OK_LINE}X: a\rb\r\n\r\n`, 400, 'connect_bare_cr'),
  row('two CRs before LF', `${OK_LINE}X: a\r\r\n\r\n`, 400, 'connect_bare_cr'),

  // Request line.
  row('no version (HTTP/0.9)', 'GET http://a.example/\r\n', 400, 'connect_bad_request_line'),
  row('method alone', 'CONNECT\r\n\r\n', 400, 'connect_bad_request_line'),
  row('no target', 'CONNECT  HTTP/1.1\r\n\r\n', 400, 'connect_bad_request_line'),
  row('two spaces before the target', 'CONNECT  a.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_request_line'),
  row('two spaces before the version', 'CONNECT a.example:443  HTTP/1.1\r\n\r\n', 400, 'connect_bad_request_line'),
  row('space after the version', 'CONNECT a.example:443 HTTP/1.1 \r\n\r\n', 400, 'connect_bad_request_line'),
  row('space in the target', 'CONNECT a.example: 443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_request_line'),
  row('version in lower case', 'CONNECT a.example:443 http/1.1\r\n\r\n', 400, 'connect_bad_request_line'),
  row('version without a minor one', 'CONNECT a.example:443 HTTP/1\r\n\r\n', 400, 'connect_bad_request_line'),
  row('version with two digits', 'CONNECT a.example:443 HTTP/1.10\r\n\r\n', 400, 'connect_bad_request_line'),
  row('a response', 'HTTP/1.1 200 OK\r\n\r\n', 400, 'connect_bad_method'),
  row('tab after the method', 'CONNECT\ta.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_method'),
  row('quote in the method', 'CON"NECT a.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_method'),
  row('method of 33 octets', `${'M'.repeat(33)} http://a.example/ HTTP/1.1\r\n\r\n`, 501, 'connect_method_too_long'),
  row('HTTP/2.0 in the request line', 'CONNECT a.example:443 HTTP/2.0\r\n\r\n', 505, 'connect_version_not_supported'),
  row('HTTP/0.9 in the request line', 'GET http://a.example/ HTTP/0.9\r\n\r\n', 505, 'connect_version_not_supported'),
  row('NUL in the target', 'CONNECT a.exa\0mple:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_target'),
  row('tab in the target', 'CONNECT a.example:443\tHTTP/1.1 \r\n\r\n', 400, 'connect_bad_target'),
  row('UTF-8 in the target', 'CONNECT b\xc3\xbccher.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_target'),

  // CONNECT targets.
  row('CONNECT without a port', 'CONNECT a.example HTTP/1.1\r\n\r\n', 400, 'connect_port_missing'),
  row('CONNECT with an empty port', 'CONNECT a.example: HTTP/1.1\r\n\r\n', 400, 'connect_port_missing'),
  row('CONNECT to IPv6 without a port', 'CONNECT [::1] HTTP/1.1\r\n\r\n', 400, 'connect_port_missing'),
  row('port 0', 'CONNECT a.example:0 HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('port 65536', 'CONNECT a.example:65536 HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('port of 20 digits', 'CONNECT a.example:44300000000000000443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('negative port', 'CONNECT a.example:-443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('port with a sign', 'CONNECT a.example:+443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('hexadecimal port', 'CONNECT a.example:0x1bb HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('service name as port', 'CONNECT a.example:https HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('two ports', 'CONNECT a.example:443:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_port'),
  row('no host', 'CONNECT :443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('host of a dot', 'CONNECT .:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('empty label', 'CONNECT a..example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('two trailing dots', 'CONNECT a.example..:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('label of 64 octets', `CONNECT ${'a'.repeat(64)}.example:443 HTTP/1.1\r\n\r\n`, 400, 'connect_bad_host'),
  row('host of 255 octets', `CONNECT ${'a.'.repeat(127)}b:443 HTTP/1.1\r\n\r\n`, 400, 'connect_bad_host'),
  row('percent-encoded host', 'CONNECT %6cocalhost:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('backslash in the host', 'CONNECT a.example\\b:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('wildcard host', 'CONNECT *.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv4 octet of 256', 'CONNECT 256.0.0.1:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv4 of five octets', 'CONNECT 1.2.3.4.5:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv4 with an octal nine', 'CONNECT 09.0.0.1:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('numeric top-level label', 'CONNECT a.example.1:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv6 without brackets', 'CONNECT ::1:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv6 bracket not closed', 'CONNECT [::1:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('octets between bracket and port', 'CONNECT [::1]x:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv6 of nine groups', 'CONNECT [1:2:3:4:5:6:7:8:9]:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPvFuture', 'CONNECT [v1.fe]:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('name in brackets', 'CONNECT [a.example]:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_host'),
  row('IPv6 zone id', 'CONNECT [fe80::1%25eth0]:443 HTTP/1.1\r\n\r\n', 400, 'connect_zone_id'),
  row('user name in CONNECT', 'CONNECT user@a.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_userinfo'),
  row('CONNECT with a URL', 'CONNECT https://a.example:443 HTTP/1.1\r\n\r\n', 400, 'connect_bad_authority'),
  row('CONNECT with a path', 'CONNECT a.example:443/ HTTP/1.1\r\n\r\n', 400, 'connect_bad_authority'),
  row('CONNECT in origin-form', 'CONNECT / HTTP/1.1\r\n\r\n', 400, 'connect_bad_authority'),
  row('CONNECT in asterisk-form', 'CONNECT * HTTP/1.1\r\n\r\n', 400, 'connect_bad_authority'),

  // CONNECT with content.
  row('CONNECT with Content-Length', `${OK_LINE}Content-Length: 5\r\n\r\nhello`, 400, 'connect_content'),
  row('CONNECT with a signed zero length', `${OK_LINE}Content-Length: +0\r\n\r\n`, 400, 'connect_content'),
  row('CONNECT with lengths 0 and 5', `${OK_LINE}Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello`, 400, 'connect_content'),
  row('CONNECT with Transfer-Encoding', `${OK_LINE}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, 'connect_content'),
  row('CONNECT with an empty Transfer-Encoding', `${OK_LINE}transfer-encoding:\r\n\r\n`, 400, 'connect_content'),

  // Plain targets.
  row('https:// target', 'GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_https_absolute_form'),
  row('ftp:// target', 'GET ftp://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_unsupported_scheme'),
  row('ws:// target', 'GET ws://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_unsupported_scheme'),
  row('file:// target', 'GET file:///etc/hosts HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_unsupported_scheme'),
  row('http: without slashes', 'GET http:a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_target'),
  row('GET in authority-form', 'GET a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_target'),
  row('GET in asterisk-form', 'GET * HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_target'),
  row('fragment in absolute-form', 'GET http://a.example/#b HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_target'),
  row('fragment that hides a host', 'GET http://a.example#@b.example/ HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'connect_bad_target'),
  row('fragment in origin-form', 'GET /a#b HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_target'),
  row('absolute-form without a host', 'GET http:/// HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_host'),
  row('absolute-form with only a port', 'GET http://:80/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_host'),
  row('absolute-form, backslash for slash', 'GET http://a.example\\@b.example/ HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'connect_userinfo'),
  row('absolute-form with userinfo', 'GET http://u:p@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_userinfo'),
  row('absolute-form with port 70000', 'GET http://a.example:70000/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_bad_port'),
  row('absolute-form with a zone id', 'GET http://[fe80::1%25lo]/ HTTP/1.1\r\nHost: a.example\r\n\r\n', 400, 'connect_zone_id'),

  // Host.
  row('absolute-form without Host', 'GET http://a.example/ HTTP/1.1\r\n\r\n', 400, 'connect_host_missing'),
  row('origin-form without Host', 'GET / HTTP/1.1\r\nAccept: */*\r\n\r\n', 400, 'connect_host_missing'),
  row(
    'two Hosts on a plain request',
    'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nhost: b.example\r\n\r\n',
    400,
    'connect_host_repeated',
  ),
  row('two equal Hosts on CONNECT', `${OK_LINE}Host: a.example:443\r\nHost: a.example:443\r\n\r\n`, 400, 'connect_host_repeated'),
  row('list as Host', `${OK_LINE}Host: a.example, b.example\r\n\r\n`, 400, 'connect_host_invalid'),
  row('URL as Host', 'GET http://a.example/ HTTP/1.1\r\nHost: http://a.example/\r\n\r\n', 400, 'connect_host_invalid'),
  row('user name in Host', 'GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n', 400, 'connect_host_invalid'),

  // Field lines.
  row('folded field', `${OK_LINE}X: a\r\n b\r\n\r\n`, 400, 'connect_obs_fold'),
  row('first field line begins with a tab', `${OK_LINE}\tHost: a.example\r\n\r\n`, 400, 'connect_obs_fold'),
  row('line of a space instead of the empty one', `${OK_LINE}Host: a.example\r\n \r\n\r\n`, 400, 'connect_obs_fold'),
  row('space before the colon', `${OK_LINE}Host : a.example:443\r\n\r\n`, 400, 'connect_space_before_colon'),
  row('tab before the colon', `${OK_LINE}Transfer-Encoding\t: chunked\r\n\r\n`, 400, 'connect_space_before_colon'),
  row('no colon', `${OK_LINE}Host\r\n\r\n`, 400, 'connect_missing_colon'),
  row('no name', `${OK_LINE}: a\r\n\r\n`, 400, 'connect_bad_field_name'),
  row('NUL in a name', `${OK_LINE}Ho\0st: a\r\n\r\n`, 400, 'connect_bad_field_name'),
  row('obs-text in a name', `${OK_LINE}H\xf6st: a\r\n\r\n`, 400, 'connect_bad_field_name'),
  row('bracket in a name', `${OK_LINE}X[a]: a\r\n\r\n`, 400, 'connect_bad_field_name'),
  row('NUL in a value', `${OK_LINE}X: a\0b\r\n\r\n`, 400, 'connect_bad_field_value'),
  row('escape in a value', `${OK_LINE}X: \x1b[2J\r\n\r\n`, 400, 'connect_bad_field_value'),
  row('DEL in a value', `${OK_LINE}X: \x7f\r\n\r\n`, 400, 'connect_bad_field_value'),

  // Limits, and an end inside a head.
  row('257 field lines', `${OK_LINE}${'X: a\r\n'.repeat(HEAD_FIELDS + 1)}\r\n`, 431, 'connect_too_many_fields'),
  row('field of 64 KiB', `${OK_LINE}X: ${'a'.repeat(HEAD_BYTES)}\r\n\r\n`, 431, 'connect_head_too_large'),
  row('target of 64 KiB', `GET http://a.example/${'a'.repeat(HEAD_BYTES)} HTTP/1.1\r\n\r\n`, 414, 'connect_target_too_long'),
  row('64 KiB without a line end', 'A'.repeat(HEAD_BYTES), 414, 'connect_target_too_long'),
  { ...row('end inside the request line', 'CONNECT a.exam', 400, 'connect_truncated'), ends: true },
  { ...row('end before the empty line', `${OK_LINE}Host: a.example:443\r\n`, 400, 'connect_truncated'), ends: true },
]

function row(name: string, raw: string, status: number, code: ConnectViolationCode): MalformedHead {
  return { name, raw: Buffer.from(raw, 'latin1'), status, code }
}
