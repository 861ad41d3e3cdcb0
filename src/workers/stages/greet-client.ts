/**
 * The downstream half of an interception: a leaf for what the client asked for, its handshake, and what that tells about its trust.
 * Worker thread.
 */

import type { TLSSocket } from 'node:tls'
import { HandshakeError } from '../handshakes/handshake-error.ts'
import { failureFacts, handshakeFacts, peerFacts } from '../handshakes/handshake-events.ts'
import { reportOutcome } from '../handshakes/outcome-report.ts'
import { terminate } from '../handshakes/terminate.ts'
import type { Session } from '../session.ts'
import { SessionFailure } from '../session-failure.ts'
import type { TlsFailure } from '../tls/failure/failure-evidence.ts'
import { clientGroups } from '../tls/hello/client-groups.ts'
import type { ClientHello } from '../tls/hello/client-hello.ts'
import { TLS_1_3 } from '../tls/hello/tls-version.ts'
import { leafKeyProfile } from '../tls/leaf/leaf-key-profile.ts'

/** `origin`: whose certificate the leaf mirrors, where it is known by now. */
export async function greetClient(
  session: Session,
  hello: ClientHello,
  alpn: string | undefined,
  origin: TLSSocket | undefined,
): Promise<TLSSocket> {
  const { context, ticket, tlsFaults } = session
  const startedAt = performance.now()
  const host = hello.sni ?? ticket.host
  const profile = leafKeyProfile(hello)
  // An RSA key takes a third of a second to make: once per process, and not on the event loop.
  if (context.leaves.needsRsa(profile)) await context.leafKeys.prepare('rsa')
  session.emit('tls_handshake_started', { side: 'client', source: 'authoritative', provider: 'native', sni: host })
  const requestsCertificate = session.decision.options.tls?.requestsCertificate === true
  const groups = clientGroups(hello, ticket.clientIp)
  const defect = tlsFaults?.takeDefect()
  const secureContext =
    defect === undefined
      ? context.leaves.contextFor(
          { host, profile, mirror: origin?.getPeerX509Certificate() },
          { groups, requestsCertificate, isForOneHost: !hello.supportedVersions.includes(TLS_1_3) },
        )
      : context.faultyLeaves.contextFor(defect, { host, profile }, context.options.tls.client, groups)
  if (secureContext === undefined) throw new SessionFailure('tls_handshake_failed', `no certificate can carry the name ${host}`)
  try {
    const timeoutMs = session.limits.handshake_timeout_ms
    const onLateFailure = (failure: TlsFailure) => {
      session.emit('tls_handshake_failed', failureFacts(failure, undefined))
      reportOutcome(session, failure)
    }
    const onTrusted = () => reportOutcome(session, undefined)
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
