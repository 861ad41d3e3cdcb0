/**
 * Intercepts TLS: originates to the origin first, then terminates towards the client with exactly what the origin chose, and
 * starts the relay between the two. Worker thread.
 *
 *     hello ─┬─ a parked connection fits ────────────────┐
 *            └─ dial, originate (resuming, if it can) ─┬─┴─▶ terminate ─▶ relay
 *                                                      └─ failed ─▶ terminate ─▶ every request gets a 502 that says why
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { negotiateFormat } from '../shared/refusals/accept-negotiation.ts'
import type { Refusal } from '../shared/refusals/refusal.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { HandshakeError } from './handshake-error.ts'
import { failureFacts, handshakeFacts } from './handshake-events.ts'
import { decideOpaque } from './hello-decision.ts'
import { handlerFor, http2Layer, httpLayer, observerFor, reusableHttpLayer } from './http-stack.ts'
import { OpaqueLayer } from './layers/opaque-layer.ts'
import { nullOrigin } from './null-origin.ts'
import { CannedResponder } from './observers/canned-responder.ts'
import { HTTP2, type OriginOffer, originKey, originOffer } from './origin-key.ts'
import type { OpenOrigin } from './origin-pool.ts'
import { originate } from './originate.ts'
import { reportOutcome } from './outcome-report.ts'
import type { ClientPeek } from './peek.ts'
import { type Session, SessionFailure } from './session.ts'
import { terminate } from './terminate.ts'
import { clientGroups } from './tls/client-groups.ts'
import type { ClientHello } from './tls/client-hello.ts'
import type { FailureEvidence, TlsFailure } from './tls/failure-evidence.ts'
import { classifyFailure } from './tls/failure-taxonomy.ts'
import { leafKeyProfile } from './tls/leaf-key-profile.ts'
import { UnreachableOrigin } from './unreachable-origin.ts'

const HTTP1 = 'http/1.1'
/** What the relay reads as HTTP/1.x; an origin that negotiates nothing speaks it too. */
const HTTP1_PROTOCOLS: ReadonlySet<string | undefined> = new Set([undefined, HTTP1, 'http/1.0'])

/** Why there is no origin, for the client: inside of TLS, whatever it asks for. */
interface NoOrigin {
  readonly refusal: Refusal
  readonly detail: string
}

/** What dialling and the upstream handshake came to. */
type Upstream = OpenOrigin | NoOrigin

/** `dialOrigin` connects to the origin, unless that has been done when the CONNECT was answered. */
export async function intercept(session: Session, hello: ClientHello, peek: ClientPeek, dialOrigin: () => Promise<Socket>): Promise<void> {
  const offer = originOffer(hello, session.context.options.http2_enabled)
  const key = originKey(session.ticket.host, session.ticket.port, offer, session.decision.options.verifyUpstream)
  const upstream = takeParked(session, key) ?? (await openOrigin(session, offer, key, dialOrigin))
  const gone = await peek.handOver()
  if (gone !== undefined) throw clientGone(session, gone)
  session.checkAlive()
  if ('refusal' in upstream) {
    await answerFailure(session, hello, upstream)
    return
  }
  const { secure: origin, tcp } = upstream
  const alpn = typeof origin.alpnProtocol === 'string' ? origin.alpnProtocol : undefined
  const client = await terminateFor(session, hello, alpn, origin)
  session.checkAlive()
  const endpoints = [
    { stream: client, transport: session.client },
    { stream: origin, transport: tcp },
  ] as const
  if (HTTP1_PROTOCOLS.has(alpn)) session.startRelay('http1', ...endpoints, reusableHttpLayer(session, key))
  else if (alpn === HTTP2) session.startRelay('http2', ...endpoints, http2Layer(session, handlerFor(session)))
  else {
    decideOpaque(session)
    session.startRelay('tunnel', ...endpoints, new OpaqueLayer())
  }
}

/** The client left, or fell silent, before it was sent a certificate. */
export function clientGone(session: Session, evidence: FailureEvidence): SessionFailure {
  const failure = classifyFailure(evidence)
  if (failure === undefined) return new SessionFailure('client_closed_early', 'the client closed before the handshake')
  session.emit('tls_handshake_failed', failureFacts(failure, undefined))
  return new SessionFailure(evidence.timedOut ? 'stage_timeout' : 'tls_handshake_failed', `${failure.reason}: ${failure.subReason}`)
}

function takeParked(session: Session, key: string): OpenOrigin | undefined {
  const { counters, originPool } = session.context
  const parked = originPool.take(key)
  if (parked === undefined) return undefined
  session.origin = parked.tcp
  counters.add('origins_reused')
  const { alpnProtocol } = parked.secure
  const alpn = typeof alpnProtocol === 'string' ? alpnProtocol : undefined
  session.emit('origin_reused', { alpn, version: parked.secure.getProtocol() ?? undefined })
  return parked
}

async function openOrigin(session: Session, offer: OriginOffer, key: string, dialOrigin: () => Promise<Socket>): Promise<Upstream> {
  try {
    return await originateFor(session, await dialOrigin(), offer, key)
  } catch (error) {
    // The CONNECT has been answered: what it would have been told is told inside.
    if (!(error instanceof UnreachableOrigin)) throw error
    return { refusal: refusals[error.refusal], detail: error.message }
  }
}

async function originateFor(session: Session, tcp: Socket, offer: OriginOffer, key: string): Promise<Upstream> {
  const { context, ticket, decision } = session
  const { originSessions } = context
  const startedAt = performance.now()
  session.emit('tls_handshake_started', { side: 'upstream', source: 'authoritative', provider: 'native', sni: offer.sni ?? ticket.host })
  try {
    const { secure, isStapled } = await originate(tcp, {
      host: ticket.host,
      ...offer,
      context: context.origins.contextFor(undefined),
      verify: decision.options.verifyUpstream,
      session: originSessions.take(key),
      timeoutMs: session.limits.handshake_timeout_ms,
    })
    originSessions.collect(key, secure)
    context.counters.add('handshakes_upstream')
    if (secure.isSessionReused()) context.counters.add('resumed_upstream')
    session.emit('tls_handshake_succeeded', {
      side: 'upstream',
      ...handshakeFacts(secure, performance.now() - startedAt),
      ocsp_stapled: isStapled,
    })
    return { secure, tcp }
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error
    originSessions.forget(key)
    const failure = failureFacts(error.failure, performance.now() - startedAt)
    session.emit('tls_handshake_failed', failure)
    const detail = [failure.reason, failure.sub_reason, failure.detail].filter((part) => part !== undefined).join(': ')
    return { refusal: failure.reason === 'upstream_cert_invalid' ? refusals.upstream_cert_invalid : refusals.upstream_tls_failed, detail }
  }
}

async function terminateFor(
  session: Session,
  hello: ClientHello,
  alpn: string | undefined,
  origin: TLSSocket | undefined,
): Promise<TLSSocket> {
  const { context, ticket } = session
  const startedAt = performance.now()
  const host = hello.sni ?? ticket.host
  const profile = leafKeyProfile(hello)
  // An RSA key takes a third of a second to make: once per process, and not on the event loop.
  if (profile === 'rsa') await context.leafKeys.prepare('rsa')
  session.emit('tls_handshake_started', { side: 'client', source: 'authoritative', provider: 'native', sni: host })
  const secureContext = context.leaves.contextFor(
    { host, profile, mirror: origin?.getPeerX509Certificate() },
    clientGroups(hello, ticket.clientIp),
  )
  if (secureContext === undefined) throw new SessionFailure('tls_handshake_failed', `no certificate can carry the name ${host}`)
  try {
    const timeoutMs = session.limits.handshake_timeout_ms
    const onLateFailure = (failure: TlsFailure) => {
      session.emit('tls_handshake_failed', failureFacts(failure, undefined))
      reportOutcome(session, failure)
    }
    const onTrusted = () => reportOutcome(session, undefined)
    const secure = await terminate(session.client, { context: secureContext, alpn, timeoutMs, onTrusted, onLateFailure })
    context.counters.add('handshakes_client')
    if (secure.isSessionReused()) context.counters.add('resumed_client')
    session.emit('tls_handshake_succeeded', { side: 'client', ...handshakeFacts(secure, performance.now() - startedAt) })
    return secure
  } catch (error) {
    session.checkWanted()
    if (!(error instanceof HandshakeError)) throw error
    session.emit('tls_handshake_failed', failureFacts(error.failure, performance.now() - startedAt))
    reportOutcome(session, error.failure)
    throw new SessionFailure('tls_handshake_failed', error.message)
  }
}

/** Terminates towards the client without an origin, and answers whatever it asks with the reason. */
async function answerFailure(session: Session, hello: ClientHello, { refusal, detail }: NoOrigin): Promise<void> {
  const client = await terminateFor(session, hello, hello.alpn.includes(HTTP1) ? HTTP1 : undefined, undefined)
  session.checkAlive()
  const target = `${session.ticket.host}:${session.ticket.port}`
  const responder = new CannedResponder(
    observerFor(session),
    (head) => refusalResponse(refusal, { nowMs: Date.now(), format: negotiateFormat(head.fields), method: head.method, target, detail }),
    'upstream_connect_failed',
  )
  session.startRelay('http1', { stream: client, transport: session.client }, nullOrigin(), httpLayer(session, responder))
}
