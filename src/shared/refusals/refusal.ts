/**
 * A refusal: the proxy's own answer to a request that broke no rule but is not served, or could not be.
 *
 * The companion of `shared/violations/`: a violation says what was wrong with the bytes, a refusal why good bytes got no
 * answer from the origin. No thread of its own.
 */

/** Who has to act. `proxy`: nobody but time, or us. */
export type RefusalFault = 'client' | 'origin' | 'operator' | 'proxy'

/** The proxy error types that we use (RFC 9209 §2.3). */
export type ProxyErrorType =
  | 'dns_timeout'
  | 'dns_error'
  | 'destination_ip_prohibited'
  | 'destination_ip_unroutable'
  | 'connection_refused'
  | 'connection_terminated'
  | 'connection_timeout'
  | 'connection_limit_reached'
  | 'tls_protocol_error'
  | 'tls_certificate_error'
  | 'http_request_error'
  | 'http_request_denied'
  | 'proxy_internal_error'

export interface Refusal {
  /** Stable, public identifier; in events, metrics and the body of the response. */
  readonly code: string
  readonly atFault: RefusalFault
  readonly status: number
  readonly proxyError: ProxyErrorType
  /** One sentence: what happened. */
  readonly message: string
  /** What the reader can do about it. */
  readonly remedy: string
  /** Seconds after which it is worth trying again (RFC 9110 §10.2.3); 0 where waiting does not help. */
  readonly retryAfterSeconds: number
}

/** Types a table of refusals, filling `code` from the key so that the two cannot differ. */
export function refusalTable<const Name extends string>(table: Record<Name, Omit<Refusal, 'code'>>): Readonly<Record<Name, Refusal>> {
  const entries = Object.entries<Omit<Refusal, 'code'>>(table).map(([code, rest]) => [code, Object.freeze({ code, ...rest })])
  return Object.freeze(Object.fromEntries(entries)) as Readonly<Record<Name, Refusal>>
}
