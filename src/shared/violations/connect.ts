/**
 * What the first head on a proxy connection can do wrong: CONNECT, absolute-form and origin-form requests, and the bytes of
 * protocols that were sent to the wrong port.
 *
 * Codes are public and stable. The target rules also judge every later absolute-form request of a plain connection.
 * No thread of its own.
 */

import { violationTable } from './violation.ts'

export const CONNECT_VIOLATIONS = violationTable({
  connect_tls_to_plain_port: {
    atFault: 'client',
    rule: 'RFC 8446 §5.1',
    message: 'The first octet is that of a TLS record, but this port speaks cleartext HTTP.',
    status: 400,
    remedy: 'Give the proxy as http://HOST:PORT, not https://HOST:PORT; TLS starts inside the CONNECT tunnel.',
  },
  connect_socks4: {
    atFault: 'client',
    rule: 'SOCKS4',
    message: 'The first octet is that of a SOCKS4 request, but this port speaks HTTP.',
    status: 400,
    remedy: 'Configure the address as an HTTP proxy (http://HOST:PORT), not as a SOCKS proxy.',
  },
  connect_socks5: {
    atFault: 'client',
    rule: 'RFC 1928 §3',
    message: 'The first octet is that of a SOCKS5 greeting, but this port speaks HTTP.',
    status: 400,
    remedy: 'Configure the address as an HTTP proxy (http://HOST:PORT), not as a SOCKS proxy.',
  },
  connect_http2_preface: {
    atFault: 'client',
    rule: 'RFC 9113 §3.4',
    message: 'The connection opens with the HTTP/2 preface, but this port speaks HTTP/1.1.',
    status: 505,
    remedy: 'Speak HTTP/1.1 to the proxy; HTTP/2 is spoken with the origin, inside the CONNECT tunnel.',
  },
  connect_proxy_protocol: {
    atFault: 'client',
    rule: 'PROXY protocol §2',
    message: 'The connection opens with a PROXY protocol header, which this listener does not take.',
    status: 400,
    remedy: 'Switch the PROXY protocol off in the load balancer in front of this proxy.',
  },
  connect_not_http: {
    atFault: 'client',
    rule: 'RFC 9112 §3',
    message: 'The first octet cannot begin an HTTP request line.',
    status: 400,
    remedy: 'Send an HTTP/1.1 request: CONNECT HOST:PORT, or METHOD http://HOST/PATH.',
  },
  connect_bad_request_line: {
    atFault: 'client',
    rule: 'RFC 9112 §3',
    message: 'The request line is not: method, one space, target, one space, HTTP version.',
    status: 400,
    remedy: 'Send, for instance: CONNECT example.com:443 HTTP/1.1',
  },
  connect_bad_method: {
    atFault: 'client',
    rule: 'RFC 9110 §9.1',
    message: 'The method contains an octet that is not allowed in a token.',
    status: 400,
  },
  connect_method_too_long: {
    atFault: 'client',
    rule: 'RFC 9112 §3',
    message: 'The method is longer than any that is known.',
    status: 501,
  },
  connect_version_not_supported: {
    atFault: 'client',
    rule: 'RFC 9110 §15.6.6',
    message: 'The major HTTP version of the request line is not 1.',
    status: 505,
    remedy: 'Speak HTTP/1.1 to the proxy.',
  },
  connect_target_too_long: {
    atFault: 'client',
    rule: 'limit',
    message: 'The request line is longer than limits.head_bytes.',
    status: 414,
    remedy: 'Shorten the target, or raise limits.head_bytes in the configuration.',
  },
  connect_head_too_large: {
    atFault: 'client',
    rule: 'limit',
    message: 'The head is longer than limits.head_bytes.',
    status: 431,
    remedy: 'Send fewer or shorter fields, or raise limits.head_bytes in the configuration.',
  },
  connect_too_many_fields: {
    atFault: 'client',
    rule: 'limit',
    message: 'The head has more field lines than limits.head_fields.',
    status: 431,
    remedy: 'Send fewer fields, or raise limits.head_fields in the configuration.',
  },
  connect_truncated: {
    atFault: 'client',
    rule: 'RFC 9112 §8',
    message: 'The connection ended inside the head.',
    status: 400,
  },
  connect_bare_lf: {
    atFault: 'client',
    rule: 'RFC 9112 §2.2',
    message: 'A line ends in LF without CR, which other readers may not take for a line end.',
    status: 400,
    remedy: 'End every line with CRLF.',
  },
  connect_bare_cr: {
    atFault: 'client',
    rule: 'RFC 9112 §2.2',
    message: 'A CR is not followed by LF, which other readers may take for a line end.',
    status: 400,
    remedy: 'End every line with CRLF, and send CR nowhere else.',
  },
  connect_obs_fold: {
    atFault: 'client',
    rule: 'RFC 9112 §5.2',
    message: 'A field line begins with whitespace: line folding is obsolete, and readers differ on it.',
    status: 400,
    remedy: 'Send each field on one line.',
  },
  connect_space_before_colon: {
    atFault: 'client',
    rule: 'RFC 9112 §5.1',
    message: 'There is whitespace between a field name and its colon.',
    status: 400,
  },
  connect_bad_field_name: {
    atFault: 'client',
    rule: 'RFC 9110 §5.1',
    message: 'A field name is empty or contains an octet that is not allowed in a token.',
    status: 400,
  },
  connect_missing_colon: {
    atFault: 'client',
    rule: 'RFC 9112 §5',
    message: 'A field line has no colon.',
    status: 400,
  },
  connect_bad_field_value: {
    atFault: 'client',
    rule: 'RFC 9110 §5.5',
    message: 'A field value contains a control character.',
    status: 400,
  },
  connect_bad_target: {
    atFault: 'client',
    rule: 'RFC 9112 §3.2',
    message: 'The request target has none of the forms that a proxy takes, or contains octets that are not allowed in a URI.',
    status: 400,
    remedy: 'Send CONNECT HOST:PORT, or METHOD http://HOST/PATH with other octets percent-encoded.',
  },
  connect_bad_authority: {
    atFault: 'client',
    rule: 'RFC 9110 §9.3.6',
    message: 'The target of CONNECT is not HOST:PORT.',
    status: 400,
    remedy: 'Send the host and the port only, for instance: CONNECT example.com:443 HTTP/1.1',
  },
  connect_port_missing: {
    atFault: 'client',
    rule: 'RFC 9110 §9.3.6',
    message: 'The target of CONNECT has no port, and CONNECT has no default port.',
    status: 400,
    remedy: 'Add the port, for instance: CONNECT example.com:443 HTTP/1.1',
  },
  connect_bad_port: {
    atFault: 'client',
    rule: 'RFC 9110 §9.3.6',
    message: 'The port is not a number from 1 to 65535.',
    status: 400,
  },
  connect_bad_host: {
    atFault: 'client',
    rule: 'RFC 3986 §3.2.2',
    message: 'The host is neither a DNS name in ASCII, nor an IPv4 address, nor an IPv6 address in brackets.',
    status: 400,
    remedy: 'Send internationalised names as A-labels (xn--…), and IPv6 addresses as [2001:db8::1].',
  },
  connect_zone_id: {
    atFault: 'client',
    rule: 'RFC 6874 §4',
    message: 'The IPv6 address has a zone id, which means something only on the machine that made it up.',
    status: 400,
    remedy: 'Send the address without %ZONE.',
  },
  connect_userinfo: {
    atFault: 'client',
    rule: 'RFC 9110 §4.2.4',
    message: 'The target has a user name before the host, which is a common way to disguise the host.',
    status: 400,
    remedy: 'Send origin credentials in Authorization, and proxy credentials in Proxy-Authorization.',
  },
  connect_https_absolute_form: {
    atFault: 'client',
    rule: 'RFC 9110 §9.3.6',
    message: 'An https:// target was sent to the proxy in the clear.',
    status: 400,
    remedy: 'Ask for a tunnel (CONNECT HOST:443), and send the request inside it, over TLS.',
  },
  connect_unsupported_scheme: {
    atFault: 'client',
    rule: 'RFC 9112 §3.2.2',
    message: 'The scheme of the target is not http.',
    status: 400,
    remedy: 'Use http:// for plain requests and CONNECT for everything else.',
  },
  connect_host_missing: {
    atFault: 'client',
    rule: 'RFC 9112 §3.2',
    message: 'An HTTP/1.1 request has no Host field.',
    status: 400,
  },
  connect_host_repeated: {
    atFault: 'client',
    rule: 'RFC 9112 §3.2',
    message: 'The request has more than one Host field line.',
    status: 400,
  },
  connect_host_invalid: {
    atFault: 'client',
    rule: 'RFC 9112 §3.2',
    message: 'The value of the Host field is not a host with an optional port.',
    status: 400,
  },
  connect_content: {
    atFault: 'client',
    rule: 'RFC 9110 §9.3.6',
    message: 'A CONNECT request announces content: what follows the head would be content to one reader and tunnel to another.',
    status: 400,
    remedy: 'Send CONNECT without Transfer-Encoding and without Content-Length (or with Content-Length: 0).',
  },
})

/** A code of this table. */
export type ConnectViolationCode = keyof typeof CONNECT_VIOLATIONS
