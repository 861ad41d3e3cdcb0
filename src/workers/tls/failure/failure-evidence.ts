/**
 * What the engine knows when a handshake has failed. Types only; whoever owns the socket fills it in. Worker thread.
 */

import type { TLS_PHASES, TLS_REASONS, TLS_SIDES, TLS_SOURCES } from '../../../shared/events/schema.ts'

export type TlsSide = (typeof TLS_SIDES)[number]
export type TlsPhase = (typeof TLS_PHASES)[number]
export type TlsReason = (typeof TLS_REASONS)[number]
export type TlsSource = (typeof TLS_SOURCES)[number]

export interface FailureEvidence {
  /** Which of our two handshakes: with the client, or with the origin (`upstream`). */
  readonly side: TlsSide
  /**
   * How far it had come.
   *
   *     phase           towards the client               towards the origin
   *     before_hello    no octet of a ClientHello        our ClientHello not yet sent
   *     hello           ClientHello not complete         sent, not an octet back
   *     mid_handshake   ClientHello complete             an octet back
   *     after_finished  `secure` was emitted             `secureConnect` was emitted
   */
  readonly phase: TlsPhase
  /** `code`, `message` and `syscall` of the error that Node gave, from `error`, `_tlsError` or `tlsClientError`. */
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly syscall?: string | undefined
  /** An alert that was seen in clear; goes before what an error says. */
  readonly alert?: number | undefined
  /** `authorizationError` of the socket, where verification failed and Node left the judgement to us. */
  readonly verificationError?: string | undefined
  /** The origin's certificate, where it has come: DER. */
  readonly certificate?: Buffer | undefined
  readonly timedOut?: boolean | undefined
  /** FIN, or close_notify. */
  readonly ended?: boolean | undefined
  /** RST seen by other means than an error (`docs/tls-failures.md`: the peer's address is gone when `end` comes). */
  readonly reset?: boolean | undefined
  /** Client side: our certificate went out before the end was read, so the client can have seen it. */
  readonly certificateSent?: boolean | undefined
  /** Client side: octets since its ClientHello, still encrypted. */
  readonly octetsSinceHello?: number | undefined
  /** Octets that the peer sent after Finished: application data, HTTP/2's first SETTINGS among it. */
  readonly applicationOctets?: number | undefined
  /** The first octets of the peer, up to 16, where they may not have been TLS. */
  readonly firstOctets?: Uint8Array | undefined
}

export interface TlsFailure {
  readonly side: TlsSide
  readonly reason: TlsReason
  readonly subReason: string
  /** Number received or sent, or −1. */
  readonly alert: number
  readonly phase: TlsPhase
  readonly source: TlsSource
  /** The evidence in one line. */
  readonly detail: string
}
