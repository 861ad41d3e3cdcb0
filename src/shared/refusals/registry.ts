/**
 * The registry of refusals: every reason for which the proxy itself answers a well-formed request.
 *
 * Codes are public and stable; `docs/errors.md` is kept equal by a test. Status and proxy error follow RFC 9209 §2.3 where it
 * recommends one. No thread of its own.
 */

import { refusalTable } from './refusal.ts'

export const refusals = refusalTable({
  policy_blocked: {
    atFault: 'operator',
    status: 403,
    proxyError: 'http_request_denied',
    message: 'A rule of this proxy blocks the target.',
    remedy: 'If the target should be reachable, change the rule named in the event connect_decision.',
    retryAfterSeconds: 0,
  },
  proxy_auth_required: {
    atFault: 'client',
    status: 407,
    proxyError: 'http_request_denied',
    message: 'This proxy asks for a user name and a password, and the request has none.',
    remedy: 'Give the proxy as http://USER:PASSWORD@HOST:PORT.',
    retryAfterSeconds: 0,
  },
  proxy_auth_invalid: {
    atFault: 'client',
    status: 407,
    proxyError: 'http_request_denied',
    message: 'The proxy credentials of the request are malformed or wrong.',
    remedy: 'Check user name and password; percent-encode special characters where they are part of the proxy URL.',
    retryAfterSeconds: 0,
  },
  self_target: {
    atFault: 'client',
    status: 403,
    proxyError: 'destination_ip_prohibited',
    message: 'The target is this proxy itself, or its admin server.',
    remedy: 'Reach the proxy page at http://soth.mitm/, and the admin server without the proxy.',
    retryAfterSeconds: 0,
  },
  not_a_proxy_request: {
    atFault: 'client',
    status: 400,
    proxyError: 'http_request_error',
    message: 'The request is aimed at the proxy itself, as if it were a web server.',
    remedy: 'Configure the address as an HTTP proxy, and open http://soth.mitm/ through it for help.',
    retryAfterSeconds: 0,
  },
  page_not_found: {
    atFault: 'client',
    status: 404,
    proxyError: 'http_request_error',
    message: 'The proxy page has no such path.',
    remedy: 'Open http://soth.mitm/ for what there is.',
    retryAfterSeconds: 0,
  },
  page_method_not_allowed: {
    atFault: 'client',
    status: 405,
    proxyError: 'http_request_error',
    message: 'The proxy page only takes GET and HEAD.',
    remedy: 'Use GET.',
    retryAfterSeconds: 0,
  },
  head_timeout: {
    atFault: 'client',
    status: 408,
    proxyError: 'http_request_error',
    message: 'The client did not send a complete head in time (limits.head_timeout_ms).',
    remedy: 'Send the request on a new connection.',
    retryAfterSeconds: 0,
  },
  session_limit: {
    atFault: 'proxy',
    status: 503,
    proxyError: 'connection_limit_reached',
    message: 'The proxy holds as many connections as it may.',
    remedy: 'Try again, or raise limits.sessions and the descriptor limit (ulimit -n).',
    retryAfterSeconds: 1,
  },
  draining: {
    atFault: 'proxy',
    status: 503,
    proxyError: 'connection_limit_reached',
    message: 'The proxy is shutting down and takes no new connections.',
    remedy: 'Try again once it has restarted.',
    retryAfterSeconds: 5,
  },
  worker_unavailable: {
    atFault: 'proxy',
    status: 503,
    proxyError: 'proxy_internal_error',
    message: 'No worker could take the connection.',
    remedy: 'Try again; if it lasts, look at the proxy log.',
    retryAfterSeconds: 1,
  },
  internal_error: {
    atFault: 'proxy',
    status: 500,
    proxyError: 'proxy_internal_error',
    message: 'The proxy failed in a way that is its own fault.',
    remedy: 'Report it, with the proxy log.',
    retryAfterSeconds: 0,
  },
  origin_unresolvable: {
    atFault: 'client',
    status: 502,
    proxyError: 'dns_error',
    message: 'The host name does not resolve to an address.',
    remedy: 'Check the name, and the DNS of the machine that the proxy runs on.',
    retryAfterSeconds: 0,
  },
  origin_dns_timeout: {
    atFault: 'proxy',
    status: 504,
    proxyError: 'dns_timeout',
    message: 'The DNS did not answer in time (limits.connect_timeout_ms).',
    remedy: 'Check the DNS of the machine that the proxy runs on.',
    retryAfterSeconds: 0,
  },
  origin_refused: {
    atFault: 'origin',
    status: 502,
    proxyError: 'connection_refused',
    message: 'The origin refuses connections on this port.',
    remedy: 'Check the port, and that the server runs.',
    retryAfterSeconds: 0,
  },
  origin_unreachable: {
    atFault: 'origin',
    status: 502,
    proxyError: 'destination_ip_unroutable',
    message: 'There is no network route from the proxy to the origin.',
    remedy: 'Check the network and the firewall of the machine that the proxy runs on.',
    retryAfterSeconds: 0,
  },
  origin_timeout: {
    atFault: 'origin',
    status: 504,
    proxyError: 'connection_timeout',
    message: 'The origin did not take the connection in time (limits.connect_timeout_ms).',
    remedy: 'Check that the server can be reached from the machine that the proxy runs on.',
    retryAfterSeconds: 0,
  },
  origin_reset: {
    atFault: 'origin',
    status: 502,
    proxyError: 'connection_terminated',
    message: 'The origin closed the connection before it answered.',
    remedy: 'Try again; if it lasts, look at the log of the origin.',
    retryAfterSeconds: 0,
  },
  upstream_tls_failed: {
    atFault: 'origin',
    status: 502,
    proxyError: 'tls_protocol_error',
    message: 'The TLS handshake with the origin failed.',
    remedy: 'Look at the event tls_handshake_failed for the reason.',
    retryAfterSeconds: 0,
  },
  upstream_cert_invalid: {
    atFault: 'origin',
    status: 502,
    proxyError: 'tls_certificate_error',
    message: 'The certificate of the origin does not verify.',
    remedy: 'Give a private root with upstream.extra_ca_file, or set verify_upstream: false in a rule for this host.',
    retryAfterSeconds: 0,
  },
})

/** A code of the registry. */
export type RefusalCode = keyof typeof refusals
