/**
 * How a handshake that was only watched has ended, judged by the facts that the record tracker gathered. Pure. Worker thread.
 *
 * Everything here is inferred: the keys are not ours. `undefined` means that nothing can be said (yet).
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { TLS_SIDES } from '../../../shared/events/schema.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { isTls13 } from '../hello/server-hello.ts'
import { alertName } from '../records/alert.ts'
import type { HandshakeFacts } from '../records/handshake-facts.ts'
import type { TlsFailure, TlsPhase } from './failure-evidence.ts'
import { alertClass, STAGES } from './failure-taxonomy.ts'

/** What ended the connection, and who: `undefined` while it lives. */
export type WatchedEnd = { readonly kind: 'eof' | 'reset'; readonly side: Side } | { readonly kind: 'timeout' }

export type HandshakeOutcome = { readonly succeeded: true } | { readonly succeeded: false; readonly failure: TlsFailure }

const SUCCEEDED: HandshakeOutcome = { succeeded: true }
const NO_ALERT = -1

export function handshakeOutcome(facts: HandshakeFacts, end: WatchedEnd | undefined): HandshakeOutcome | undefined {
  if (facts.notTls) return undefined
  const told = alerted(facts, CLIENT) ?? alerted(facts, ORIGIN) ?? proven(facts) ?? foreign(facts)
  return told ?? (end === undefined ? undefined : ended(facts, end))
}

/** A fatal alert in clear. It says in one number what the sender did not like. */
function alerted(facts: HandshakeFacts, side: Side): HandshakeOutcome | undefined {
  const alert = facts.fatalAlert[side]
  if (alert === NO_ALERT || facts.applicationData[CLIENT]) return undefined
  const [reason, subReason] = alertClass(alert)
  return failed(facts, side, reason, subReason, `alert ${alert} ${alertName(alert)} in clear`, alert)
}

/** Application data of the client: it has read the server's Finished, and likes the certificate. */
function proven(facts: HandshakeFacts): HandshakeOutcome | undefined {
  return facts.applicationData[CLIENT] && facts.serverHelloSeen ? SUCCEEDED : undefined
}

/** The first octets of the answer are no TLS record. */
function foreign(facts: HandshakeFacts): HandshakeOutcome | undefined {
  const { foreignAnswer } = facts
  return foreignAnswer === undefined
    ? undefined
    : failed(facts, ORIGIN, 'not_tls', foreignAnswer, 'the answer to the ClientHello is no TLS')
}

function ended(facts: HandshakeFacts, end: WatchedEnd): HandshakeOutcome | undefined {
  const finished = facts.finished[CLIENT] && facts.finished[ORIGIN]
  // An opaque flow may have gone on in any way; one without a single octet was no handshake.
  if (facts.opaque || !(facts.clientHelloSeen || facts.serverHelloSeen)) return undefined
  for (const side of [CLIENT, ORIGIN] as const) {
    // Before Finished an encrypted alert can only be fatal; behind it, it may be a close_notify.
    if (facts.encryptedAlert[side] && !finished)
      return failed(facts, side, 'handshake_alert', 'encrypted', 'an encrypted alert before Finished')
  }
  const side = end.kind === 'timeout' ? awaited(facts) : end.side
  // The client went at once, before a byte. In TLS 1.3 what the server has sent by then is tickets, and proves nothing.
  if (finished && (side === ORIGIN || end.kind === 'timeout')) return SUCCEEDED
  if (side === CLIENT && end.kind === 'eof' && (finished || isSilent(facts))) return silent(facts)
  const subReason = `${VERBS[end.kind]}_${STAGES[phaseOf(facts, side)]}`
  return failed(facts, side, end.kind, subReason, finished ? 'a RST before a byte' : 'the connection ended before the handshake did')
}

/** The client has been sent the certificate, and has said nothing since. */
function isSilent(facts: HandshakeFacts): boolean {
  const certificateOut = facts.certificateSeen || facts.encrypted[ORIGIN]
  return certificateOut && !facts.encrypted[CLIENT] && !facts.clientKeysSent && !facts.clearAlert[CLIENT]
}

/** Whose turn it was (RFC 8446 §2, RFC 5246 §7.3). In TLS 1.3 nobody can see where the server's flight ends. */
function awaited(facts: HandshakeFacts): Side {
  const { clientHello, encrypted, finished, serverHello, serverHelloDone } = facts
  if (serverHello === undefined) return clientHello === undefined ? CLIENT : ORIGIN
  if (serverHello.retryRequest) return CLIENT
  if (isTls13(serverHello.version)) return encrypted[ORIGIN] ? CLIENT : ORIGIN
  if (encrypted[CLIENT]) return finished[CLIENT] ? ORIGIN : CLIENT
  return serverHelloDone || finished[ORIGIN] ? CLIENT : ORIGIN
}

const VERBS = { eof: 'closed', reset: 'reset', timeout: 'stalled' } as const

function silent(facts: HandshakeFacts): HandshakeOutcome {
  return failed(facts, CLIENT, 'eof', 'client_rejected_silently', 'the client saw the certificate and went without a word')
}

function failed(
  facts: HandshakeFacts,
  side: Side,
  reason: TlsFailure['reason'],
  subReason: string,
  detail: string,
  alert: number = NO_ALERT,
): HandshakeOutcome {
  const phase = phaseOf(facts, side)
  return { succeeded: false, failure: { side: TLS_SIDES[side], reason, subReason, alert, phase, source: 'inferred', detail } }
}

/** As `FailureEvidence` has them: each side's own. */
function phaseOf(facts: HandshakeFacts, side: Side): TlsPhase {
  if (facts.finished[CLIENT] && facts.finished[ORIGIN]) return 'after_finished'
  if (facts.serverHelloSeen || (side === CLIENT && facts.clientHello !== undefined)) return 'mid_handshake'
  return facts.clientHelloSeen ? 'hello' : 'before_hello'
}

/** The end that a session's close reason stands for, where it stands for one of the peers'. */
export function watchedEnd(reason: CloseReason): WatchedEnd | undefined {
  switch (reason) {
    case 'client_reset':
      return { kind: 'reset', side: CLIENT }
    case 'upstream_reset':
      return { kind: 'reset', side: ORIGIN }
    case 'client_closed_early':
      return { kind: 'eof', side: CLIENT }
    case 'upstream_closed_early':
      return { kind: 'eof', side: ORIGIN }
    case 'idle_timeout':
    case 'stage_timeout':
      return { kind: 'timeout' }
    default:
      return undefined
  }
}
