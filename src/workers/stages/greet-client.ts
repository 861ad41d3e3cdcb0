/**
 * The downstream half of an interception: a leaf for what the client asked for, its handshake, and what that tells about its trust.
 * Worker thread.
 */

import type { SecureContext, TLSSocket } from 'node:tls'
import type { CaMaterial } from '../../shared/ca-material.ts'
import { HandshakeError } from '../handshakes/handshake-error.ts'
import { failureFacts, handshakeFacts, peerFacts } from '../handshakes/handshake-events.ts'
import { reportOutcome } from '../handshakes/outcome-report.ts'
import { terminate } from '../handshakes/terminate.ts'
import type { Session } from '../session.ts'
import { SessionFailure } from '../session-failure.ts'
import { CaError } from '../tls/ca/ca-error.ts'
import type { TlsFailure } from '../tls/failure/failure-evidence.ts'
import { clientGroups } from '../tls/hello/client-groups.ts'
import type { ClientHello } from '../tls/hello/client-hello.ts'
import { TLS_1_3 } from '../tls/hello/tls-version.ts'
import { leafKeyProfile } from '../tls/leaf/leaf-key-profile.ts'
import { fatalAlert, INTERNAL_ERROR } from '../tls/records/alert.ts'

/** `origin`: whose certificate the leaf mirrors, where it is known by now. */
export async function greetClient(
  session: Session,
  hello: ClientHello,
  alpn: string | undefined,
  origin: TLSSocket | undefined,
): Promise<TLSSocket> {
  const { context, tlsFaults } = session
  const startedAt = performance.now()
  // An RSA key takes a third of a second to make: once per process, and not on the event loop.
  if (context.leaves.needsRsa(leafKeyProfile(hello))) await context.leafKeys.prepare('rsa')
  session.emit('tls_handshake_started', { side: 'client', source: 'authoritative', provider: 'native', sni: hostOf(session, hello) })
  const secureContext = leafContext(session, hello, origin)
  try {
    const timeoutMs = session.limits.handshake_timeout_ms
    const onLateFailure = (failure: TlsFailure) => {
      session.emit('tls_handshake_failed', failureFacts(failure, undefined))
      reportOutcome(session, failure)
    }
    const onTrusted = () => reportOutcome(session, undefined)
    const requestsCertificate = asksForCertificate(session)
    const secure = await terminate(tlsFaults?.clientTransport() ?? session.client, {
      context: secureContext,
      alpn,
      requestsCertificate,
      timeoutMs,
      onTrusted,
      onLateFailure,
    })
    context.counters.add('handshakes_client')
    if (secure.isSessionReused()) context.counters.add('resumed_client')
    session.emit('tls_handshake_succeeded', {
      side: 'client',
      ...handshakeFacts(secure, performance.now() - startedAt),
      ...(requestsCertificate ? peerFacts(secure) : {}),
    })
    return secure
  } catch (error) {
    session.checkWanted()
    if (!(error instanceof HandshakeError)) throw error
    session.emit('tls_handshake_failed', failureFacts(error.failure, performance.now() - startedAt))
    reportOutcome(session, error.failure)
    throw new SessionFailure('tls_handshake_failed', error.message)
  }
}

/** What the leaf is for. */
function hostOf({ ticket }: Session, hello: ClientHello): string {
  return hello.sni ?? ticket.host
}

function asksForCertificate({ decision }: Session): boolean {
  return decision.options.tls?.requestsCertificate === true
}

/** Throws where there can be no leaf: for the host, or by a CA that has expired meanwhile. */
function leafContext(session: Session, hello: ClientHello, origin: TLSSocket | undefined): SecureContext {
  const { context, ticket, tlsFaults } = session
  const leaf = { host: hostOf(session, hello), profile: leafKeyProfile(hello) }
  const groups = clientGroups(hello, ticket.clientIp)
  const defect = tlsFaults?.takeDefect()
  try {
    const secureContext =
      defect === undefined
        ? context.leaves.contextFor(
            { ...leaf, mirror: origin?.getPeerX509Certificate() },
            { groups, requestsCertificate: asksForCertificate(session), isForOneHost: !hello.supportedVersions.includes(TLS_1_3) },
          )
        : context.faultyLeaves.contextFor(defect, leaf, context.options.tls.client, groups)
    if (secureContext !== undefined) return secureContext
  } catch (error) {
    if (!(error instanceof CaError)) throw error
    tellOnce(session, error)
    throw withoutLeaf(session, error.code, error.message)
  }
  throw withoutLeaf(session, 'no_name', `no certificate can carry the name ${leaf.host}`)
}

/** Neither side is at fault: the client is told that something here is (RFC 8446 §6.2), and the event says what. */
function withoutLeaf(session: Session, subReason: string, detail: string): SessionFailure {
  const what = { side: 'client', reason: 'other', subReason, alert: INTERNAL_ERROR } as const
  session.emit('tls_handshake_failed', failureFacts({ ...what, phase: 'mid_handshake', source: 'authoritative', detail }, undefined))
  return new SessionFailure('tls_handshake_failed', detail, fatalAlert(INTERNAL_ERROR))
}

/** CAs that the log has been told about: each connection would be a line. */
const told = new WeakSet<CaMaterial>()

function tellOnce({ context }: Session, error: CaError): void {
  if (told.has(context.ca)) return
  told.add(context.ca)
  context.log('error', `nothing can be intercepted: ${error.message}`)
}
