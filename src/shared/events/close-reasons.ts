/**
 * The closed list of reasons for which a flow, a stream or an exchange ends: exactly one each (`stream_closed`).
 *
 * The order is wire format (the ring carries the index): append, never reorder. No thread of its own.
 */

export const CLOSE_REASONS = [
  /** An exchange or HTTP/2 stream that ran to its regular end. */
  'completed',
  /** A relay that ended because both sides closed in order. */
  'relay_eof',
  /** Refused by policy, before or instead of reaching the origin. */
  'blocked',
  /** The CONNECT head (or plain request head) was malformed, too large, too slow, or not admitted. */
  'connect_parse_failed',
  'tls_handshake_failed',
  /** DNS, TCP connect, or the origin side refused before any relay. */
  'upstream_connect_failed',
  'client_reset',
  'upstream_reset',
  /** The client or origin closed in order, but in the middle of a message. */
  'client_closed_early',
  'upstream_closed_early',
  'idle_timeout',
  /** A stage (head, connect, handshake) took longer than its deadline. */
  'stage_timeout',
  /** Framing that another reader could read differently; refused (strict) or cut. */
  'protocol_violation',
  'worker_lost',
  'draining',
  'fault_injected',
  /** One of our caps or limits. */
  'limit_exceeded',
  /** Proxy authentication missing or wrong, or a target the proxy never serves (itself). */
  'refused',
  /** The origin has not looked at the stream (GOAWAY below its id, or REFUSED_STREAM): the client may send it again. */
  'upstream_refused',
] as const

export type CloseReason = (typeof CLOSE_REASONS)[number]
