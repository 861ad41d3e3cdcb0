/**
 * Classifies a failed TLS handshake by evidence: alert number first, then what our own stack says, then how the connection
 * ended. Pure. Worker thread.
 *
 * Authoritative is what a peer or our own OpenSSL has said in words; inferred is what follows from silence, an end or a
 * reset. Facts about Node and its clients that this relies on are tabled in `docs/tls-failures.md`.
 */

import { alertName, alertOfError, CLOSE_NOTIFY, USER_CANCELED } from '../records/alert.ts'
import { isRecordType, RECORD_MAJOR, SSL2_LENGTH_BIT } from '../records/record.ts'
import type { FailureEvidence, TlsFailure, TlsReason, TlsSource } from './failure-evidence.ts'
import {
  BAD_MESSAGE_LENGTH,
  BAD_SIGNATURE,
  BROKEN_RECORD_CODES,
  FOREIGN_CODES,
  LOCAL_REFUSALS,
  type LocalRefusal,
  MESSAGE_LENGTH,
  SIGNATURE_ERROR,
} from './local-refusal.ts'
import { verificationFault } from './verification-error.ts'

const NO_ALERT = -1
const RESET_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

/** The failure that `evidence` shows; `undefined` where it shows none: a connection that was in use and came to an end. */
export function classifyFailure(evidence: FailureEvidence): TlsFailure | undefined {
  const alert = receivedAlert(evidence)
  // RFC 8446 §6.1: these two say that a connection ends, and not why.
  if (alert === CLOSE_NOTIFY || alert === USER_CANCELED) return byEnd({ ...evidence, ended: true })
  return byAlert(evidence, alert) ?? byForeignOctets(evidence) ?? byVerification(evidence) ?? byRefusal(evidence) ?? byEnd(evidence)
}

/** The number of the alert received, or −1. */
function receivedAlert({ alert, code = '', message = '' }: FailureEvidence): number {
  return alert ?? alertOfError(code, message)
}

function byAlert(evidence: FailureEvidence, alert: number): TlsFailure | undefined {
  if (alert < 0) return undefined
  const [reason, subReason] = alertClass(alert)
  return failure(evidence, reason, subReason, 'authoritative', `alert ${alert} ${alertName(alert)}`, alert)
}

/** Reason and sub-reason of an alert: those by which certificates are refused, then by what had to be agreed on. */
export function alertClass(alert: number): readonly [reason: TlsReason, subReason: string] {
  switch (alert) {
    case 48:
      return ['unknown_ca', alertName(alert)]
    case 42:
    case 43:
    case 44:
    case 45:
    case 46:
      return ['cert_validation', alertName(alert)]
    case 70:
    case 86:
      return ['handshake_alert', 'version']
    case 40:
    case 71:
      return ['handshake_alert', 'parameters']
    case 112:
      return ['handshake_alert', 'sni']
    case 116:
      return ['handshake_alert', 'client_certificate']
    case 120:
      return ['handshake_alert', 'alpn']
    default:
      return ['handshake_alert', alertName(alert)]
  }
}

/** Another protocol where TLS was expected. Octets that were seen go before OpenSSL's guess. */
function byForeignOctets(evidence: FailureEvidence): TlsFailure | undefined {
  const { code = '', firstOctets, phase } = evidence
  if (phase === 'after_finished') return undefined
  const said = FOREIGN_CODES.get(code)
  if (said !== undefined) return failure(evidence, 'not_tls', said, 'authoritative', code)
  if (firstOctets !== undefined && firstOctets.length > 0) {
    const protocol = foreignProtocol(firstOctets)
    return protocol === undefined ? undefined : failure(evidence, 'not_tls', protocol, 'authoritative', firstText(firstOctets))
  }
  // Nothing was kept to look at. An origin whose first record is broken nearly always speaks no TLS at all.
  const broken = BROKEN_RECORD_CODES.has(code) && evidence.side === 'upstream'
  return broken ? failure(evidence, 'not_tls', 'other', 'inferred', code) : undefined
}

/** `undefined` where the octets begin a TLS record. */
function foreignProtocol(octets: Uint8Array): string | undefined {
  const [first = 0, second] = octets
  if (isRecordType(first) && (second === undefined || second === RECORD_MAJOR)) return undefined
  // RFC 5246 §E.2: the format of SSL 2.0 has the type of the message, 1, in the third octet.
  if ((first & SSL2_LENGTH_BIT) !== 0 && octets[2] === 1) return 'ssl2'
  const text = Buffer.from(octets).toString('latin1')
  if (/^(?:HTTP\/|[A-Z]+ (?:\/|\*|https?:))/.test(text)) return 'http'
  return /^[\x20-\x7e\r\n\t]+$/.test(text) ? 'text' : 'other'
}

function firstText(octets: Uint8Array): string {
  return `first octets ${JSON.stringify(Buffer.from(octets.subarray(0, 16)).toString('latin1'))}`
}

/** A chain that we would not take: the origin's, or a certificate of the client where we ask for one. */
function byVerification(evidence: FailureEvidence): TlsFailure | undefined {
  const { certificate, code = '', message = '', side, verificationError } = evidence
  const name = verificationError ?? code
  const fault = verificationFault(name, message, certificate)
  if (fault === undefined) return undefined
  const detail = words(name, message)
  if (side === 'upstream') return failure(evidence, 'upstream_cert_invalid', fault, 'authoritative', detail)
  return failure(evidence, 'handshake_alert', 'client_certificate', 'authoritative', detail)
}

/** What our own OpenSSL could not go on with, and has told the peer by an alert. */
function byRefusal(evidence: FailureEvidence): TlsFailure | undefined {
  const { code = '', message = '' } = evidence
  const refusal = ofMessageLength(message) ?? LOCAL_REFUSALS.get(code) ?? (SIGNATURE_ERROR.test(message) ? BAD_SIGNATURE : undefined)
  if (refusal !== undefined) {
    return failure(evidence, 'handshake_alert', refusal.subReason, 'authoritative', words(code, message), refusal.alert)
  }
  if (!code.startsWith('ERR_SSL_')) return undefined
  return failure(evidence, 'other', code.slice('ERR_SSL_'.length).toLowerCase(), 'authoritative', words(code, message))
}

function ofMessageLength(message: string): LocalRefusal | undefined {
  return MESSAGE_LENGTH.test(message) ? BAD_MESSAGE_LENGTH : undefined
}

/** No word was said: a timer of ours, a FIN or a RST, and when. */
function byEnd(evidence: FailureEvidence): TlsFailure | undefined {
  const { applicationOctets = 0, code = '', phase, syscall } = evidence
  // HTTP/2's SETTINGS, or any octet that we could decrypt, shows a client that has taken our certificate.
  if (phase === 'after_finished' && applicationOctets > 0) return undefined
  const detail = words(code, evidence.message ?? '')
  if (evidence.timedOut || code === 'ERR_TLS_HANDSHAKE_TIMEOUT') {
    return phase === 'after_finished' ? undefined : failure(evidence, 'timeout', stage(evidence, 'stalled'), 'inferred', detail)
  }
  // Node calls a FIN inside the handshake ECONNRESET as well ("socket hang up"); a true RST names the call that met it.
  if (evidence.reset || (RESET_CODES.has(code) && syscall !== undefined)) {
    return failure(evidence, 'reset', stage(evidence, 'reset'), 'inferred', detail)
  }
  if (evidence.ended || code === 'ECONNRESET') return failure(evidence, 'eof', endStage(evidence), 'inferred', detail)
  return code === '' ? undefined : failure(evidence, 'other', code.toLowerCase(), 'inferred', detail)
}

/** A change_cipher_spec record, which a TLS 1.3 client may send before it reads a certificate (RFC 8446 §D.4). The shortest alert has 7 octets. */
const CHANGE_CIPHER_SPEC_BYTES = 6

/**
 * A client that has our certificate in its hands and goes without a word does not want it. Node's clients do just that: in
 * TLS 1.2 after Finished, in TLS 1.3 instead of it.
 */
function endStage(evidence: FailureEvidence): string {
  const { certificateSent, octetsSinceHello = 0, phase, side } = evidence
  const silent =
    phase === 'after_finished' || (phase === 'mid_handshake' && certificateSent === true && octetsSinceHello <= CHANGE_CIPHER_SPEC_BYTES)
  return side === 'client' && silent ? 'client_rejected_silently' : stage(evidence, 'closed')
}

function stage({ phase }: FailureEvidence, what: 'closed' | 'reset' | 'stalled'): string {
  return `${what}_${STAGES[phase]}`
}

/** The phases, as sub-reasons of ends name them. */
export const STAGES = {
  before_hello: 'before_hello',
  hello: 'in_hello',
  mid_handshake: 'in_handshake',
  after_finished: 'after_finished',
} as const

/** What Node 26 puts behind some errors of verification, for people who run Node: the engine reads the system's store anyway. */
const NODE_ADVICE = '; if the root CA is installed locally'

/** A code with the readable part of OpenSSL's message: `…:<library> routines:<function>:<reason>:<file>:<line>:<data>`; others are `Provider`, `rsa`, `asn1 encoding` … */
function words(code: string, message: string): string {
  const text = /:[\w ]+ routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message.split(NODE_ADVICE, 1).join()
  return text === '' || text === code ? code : `${code}: ${text}`.replace(/^: /, '')
}

function failure(
  evidence: FailureEvidence,
  reason: TlsReason,
  subReason: string,
  source: TlsSource,
  detail: string,
  alert: number = NO_ALERT,
): TlsFailure {
  // A word of the origin, or about what it sent, shows that an octet of it has come, whatever the caller could count.
  const spoken = evidence.side === 'upstream' && evidence.phase === 'hello' && source === 'authoritative'
  return { side: evidence.side, reason, subReason, alert, phase: spoken ? 'mid_handshake' : evidence.phase, source, detail }
}
