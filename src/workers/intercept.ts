/**
 * Intercepts TLS: originates to the origin first, then terminates towards the client with exactly what the origin chose, and
 * starts the relay between the two. Worker thread.
 *
 * Where the origin's handshake fails, the client is told so in a response it can read: TLS is terminated all the same, and
 * every request on the connection gets a 502 that names the reason.
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { EventInput } from '../shared/events/event-input.ts'
import { negotiateFormat } from '../shared/refusals/accept-negotiation.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { HandshakeError } from './handshake-error.ts'
import { failureFacts, handshakeFacts } from './handshake-events.ts'
import { httpLayer, observerFor } from './http-stack.ts'
import { OpaqueLayer } from './layers/opaque-layer.ts'
import { nullOrigin } from './null-origin.ts'
import { CannedResponder } from './observers/canned-responder.ts'
import { originate } from './originate.ts'
import type { ClientPeek } from './peek.ts'
import { type Session, SessionFailure } from './session.ts'
import { terminate } from './terminate.ts'
import type { ClientHello } from './tls/client-hello.ts'
import type { FailureEvidence, TlsFailure } from './tls/failure-evidence.ts'
import { classifyFailure } from './tls/failure-taxonomy.ts'
import { helloFacts } from './tls/hello-facts.ts'
import { leafKeyProfile } from './tls/leaf-key-profile.ts'

const HTTP1 = 'http/1.1'
const HTTP2 = 'h2'
/** What the relay reads as HTTP/1.x; an origin that negotiates nothing speaks it too. */
const HTTP1_PROTOCOLS: ReadonlySet<string | undefined> = new Set([undefined, HTTP1, 'http/1.0'])

/** What the upstream handshake came to: the socket, or the failure to tell the client of. */
type Upstream = { readonly secure: TLSSocket } | { readonly failure: EventInput<'tls_handshake_failed'> }

export async function intercept(session: Session, tcp: Socket, hello: ClientHello, peek: ClientPeek): Promise<void> {
  session.emit('tls_client_hello', helloFacts(hello))
  const upstream = await originateFor(session, tcp, hello)
  const gone = await peek.handOver()
  if (gone !== undefined) throw clientGone(session, gone)
  session.checkAlive()
  if ('failure' in upstream) {
    await answerFailure(session, tcp, hello, upstream.failure)
    return
  }
  const { secure: origin } = upstream
  const alpn = typeof origin.alpnProtocol === 'string' ? origin.alpnProtocol : undefined
  const client = await terminateFor(session, hello, alpn, origin)
  session.checkAlive()
  const isHttp1 = HTTP1_PROTOCOLS.has(alpn)
  const layer = isHttp1 ? httpLayer(session, observerFor(session)) : new OpaqueLayer()
  const endpoints = [
    { stream: client, transport: session.client },
    { stream: origin, transport: tcp },
  ] as const
  session.startRelay(isHttp1 ? 'http1' : 'tunnel', ...endpoints, layer)
}

/** The client left, or fell silent, before it was sent a certificate. */
export function clientGone(session: Session, evidence: FailureEvidence): SessionFailure {
  const failure = classifyFailure(evidence)
  if (failure === undefined) return new SessionFailure('client_closed_early', 'the client closed before the handshake')
  session.emit('tls_handshake_failed', failureFacts(failure, undefined))
  return new SessionFailure(evidence.timedOut ? 'stage_timeout' : 'tls_handshake_failed', `${failure.reason}: ${failure.subReason}`)
}

async function originateFor(session: Session, tcp: Socket, hello: ClientHello): Promise<Upstream> {
  const { context, ticket } = session
  const startedAt = performance.now()
  session.emit('tls_handshake_started', { side: 'upstream', source: 'authoritative', provider: 'native', sni: hello.sni ?? ticket.host })
  try {
    const secure = await originate(tcp, {
      host: ticket.host,
      sni: hello.sni,
      alpn: hello.alpn.filter((protocol) => protocol !== HTTP2),
      context: context.origins.contextFor(undefined),
      verify: ticket.decision.options.verifyUpstream,
      timeoutMs: context.options.limits.handshake_timeout_ms,
    })
    context.counters.add('handshakes_upstream')
    if (secure.isSessionReused()) context.counters.add('resumed_upstream')
    session.emit('tls_handshake_succeeded', { side: 'upstream', ...handshakeFacts(secure, performance.now() - startedAt) })
    return { secure }
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error
    const failure = failureFacts(error.failure, performance.now() - startedAt)
    session.emit('tls_handshake_failed', failure)
    return { failure }
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
  session.emit('tls_handshake_started', { side: 'client', source: 'authoritative', provider: 'native', sni: host })
  const secureContext = context.leaves.contextFor({ host, profile: leafKeyProfile(hello), mirror: origin?.getPeerX509Certificate() })
  if (secureContext === undefined) throw new SessionFailure('tls_handshake_failed', `no certificate can carry the name ${host}`)
  try {
    const timeoutMs = context.options.limits.handshake_timeout_ms
    const onLateFailure = (failure: TlsFailure) => session.emit('tls_handshake_failed', failureFacts(failure, undefined))
    const secure = await terminate(session.client, { context: secureContext, alpn, timeoutMs, onLateFailure })
    context.counters.add('handshakes_client')
    if (secure.isSessionReused()) context.counters.add('resumed_client')
    session.emit('tls_handshake_succeeded', { side: 'client', ...handshakeFacts(secure, performance.now() - startedAt) })
    return secure
  } catch (error) {
    session.checkWanted()
    if (!(error instanceof HandshakeError)) throw error
    session.emit('tls_handshake_failed', failureFacts(error.failure, performance.now() - startedAt))
    throw new SessionFailure('tls_handshake_failed', error.message)
  }
}

/** Terminates towards the client without an origin, and answers whatever it asks with the reason. */
async function answerFailure(
  session: Session,
  tcp: Socket,
  hello: ClientHello,
  failure: EventInput<'tls_handshake_failed'>,
): Promise<void> {
  tcp.destroy()
  const client = await terminateFor(session, hello, hello.alpn.includes(HTTP1) ? HTTP1 : undefined, undefined)
  session.checkAlive()
  const refusal = failure.reason === 'upstream_cert_invalid' ? refusals.upstream_cert_invalid : refusals.upstream_tls_failed
  const detail = [failure.reason, failure.sub_reason, failure.detail].filter((part) => part !== undefined).join(': ')
  const target = `${session.ticket.host}:${session.ticket.port}`
  const responder = new CannedResponder(
    observerFor(session),
    (head) => refusalResponse(refusal, { nowMs: Date.now(), format: negotiateFormat(head.fields), method: head.method, target, detail }),
    'upstream_connect_failed',
  )
  session.startRelay('http1', { stream: client, transport: session.client }, nullOrigin(), httpLayer(session, responder))
}
