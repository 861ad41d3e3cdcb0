/**
 * What is told of a handshake of ours that succeeded, in the words of the event schema. Worker thread.
 */

import type { TLSSocket } from 'node:tls'
import type { EventInput } from '../shared/events/event-input.ts'
import type { HandshakeEvidence } from './terminate.ts'

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

/** The fields of `tls_handshake_failed`, `duration_ms` left out. */
export function failureFacts(side: 'client' | 'upstream', evidence: HandshakeEvidence): EventInput<'tls_handshake_failed'> {
  const { error, timedOut } = evidence
  const reason = timedOut ? 'timeout' : error === undefined ? 'eof' : 'other'
  return { side, source: 'inferred', provider: 'native', reason, phase: 'mid_handshake', detail: error?.message }
}
