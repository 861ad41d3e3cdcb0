/**
 * What is told of a handshake, in the words of the event schema: our own two, and those that were only watched. Worker thread.
 */

import type { TLSSocket } from 'node:tls'
import type { EventInput } from '../../shared/events/record/event-input.ts'
import type { TlsFailure } from '../tls/failure/failure-evidence.ts'

/** The fields of `tls_handshake_succeeded`, `side` left out. */
export function handshakeFacts(secure: TLSSocket, durationMs: number): Omit<EventInput<'tls_handshake_succeeded'>, 'side'> {
  return {
    source: 'authoritative',
    provider: 'native',
    version: secure.getProtocol() ?? undefined,
    cipher: secure.getCipher()?.standardName,
    alpn: typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : undefined,
    resumed: secure.isSessionReused(),
    duration_ms: durationMs,
  }
}

/** Whose certificate the client has given, where it has. Told, not verified. */
export function peerFacts(secure: TLSSocket): Pick<EventInput<'tls_handshake_succeeded'>, 'peer_subject' | 'peer_fingerprint'> {
  const certificate = secure.getPeerX509Certificate()
  if (certificate === undefined) return {}
  return { peer_subject: certificate.subject.replaceAll('\n', ', '), peer_fingerprint: certificate.fingerprint256 }
}

/** The fields of `tls_handshake_failed`. */
export function failureFacts(failure: TlsFailure, durationMs: number | undefined): EventInput<'tls_handshake_failed'> {
  return {
    side: failure.side,
    source: failure.source,
    provider: 'native',
    reason: failure.reason,
    sub_reason: failure.subReason,
    alert: failure.alert < 0 ? undefined : failure.alert,
    phase: failure.phase,
    detail: failure.detail,
    duration_ms: durationMs,
  }
}
