/**
 * Intercepts TLS: joins the two halves, in the order that `connect_strategy` says, and starts the relay between them. Worker thread.
 *
 *     eager   open origin ─┬─▶ greet client with what the origin chose ─▶ relay
 *                          └─ failed ─▶ greet client ─▶ every request is answered by the reason (502, 504)
 *     lazy    greet client in HTTP/1.1 ─▶ its first octet ─▶ open origin ─┬─▶ relay
 *                                                                         └─ failed ─▶ every request is answered by the reason (502, 504)
 *
 * Lazily a client is promised HTTP/1.1 before the origin is asked, which nearly every origin speaks; one that offers other
 * protocols only is served eagerly, for h2 to an origin without it could not be kept. Its leaf bears what it asked for and no more.
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { refusals } from '../../shared/refusals/registry.ts'
import { ORIGIN } from '../../shared/side.ts'
import { armTlsFaults } from '../fault-points/tls-faults.ts'
import { failureFacts } from '../handshakes/handshake-events.ts'
import { HeldRequests } from '../layers/http1/held-requests.ts'
import type { Http1Layer } from '../layers/http1/http1-layer.ts'
import type { Http2Layer } from '../layers/http2/http2-layer.ts'
import type { Layer } from '../layers/layer.ts'
import { OpaqueLayer } from '../layers/opaque-layer.ts'
import { failureText, type NoOrigin, type OriginWish, openOrigin, originWish } from '../origin/open-origin.ts'
import { HTTP2, originOffer } from '../origin/origin-key.ts'
import type { OpenOrigin } from '../origin/origin-pool.ts'
import type { Endpoint } from '../relay-handler.ts'
import type { Session } from '../session.ts'
import { SessionFailure } from '../session-failure.ts'
import type { FailureEvidence, TlsFailure } from '../tls/failure/failure-evidence.ts'
import { classifyFailure } from '../tls/failure/failure-taxonomy.ts'
import type { ClientHello } from '../tls/hello/client-hello.ts'
import { greetClient } from './greet-client.ts'
import { decideOpaque } from './hello-decision.ts'
import { handlerFor, http2Layer, reusableHttpLayer } from './http-stack.ts'
import { answerFailure, type HttpProtocol, noAnswer } from './no-answer.ts'
import type { ClientPeek } from './peek.ts'
import { reopenOrigin } from './reopen-origin.ts'

const HTTP1 = 'http/1.1'
/** What the relay reads as HTTP/1.x; an origin that negotiates nothing speaks it too. */
const HTTP1_PROTOCOLS: ReadonlySet<string | undefined> = new Set([undefined, HTTP1, 'http/1.0'])

/** Whether the origin is dialled for the client's first octet inside of TLS, and not for its CONNECT. */
export function isLazy({ context, decision }: Session): boolean {
  return (decision.options.tls?.strategy ?? context.options.connect_strategy) === 'lazy'
}

/** `dial` connects to the origin; its first socket may be the one that was dialled for the CONNECT. */
export async function intercept(session: Session, hello: ClientHello, peek: ClientPeek, dial: () => Promise<Socket>): Promise<void> {
  session.tlsFaults = armTlsFaults(session)
  await session.tlsFaults?.atClientHello()
  const speaksHttp1 = hello.alpn.length === 0 || hello.alpn.includes(HTTP1)
  if (isLazy(session) && speaksHttp1) await interceptLazily(session, hello, peek, dial)
  else await interceptEagerly(session, hello, peek, dial)
}

async function interceptEagerly(session: Session, hello: ClientHello, peek: ClientPeek, dial: () => Promise<Socket>): Promise<void> {
  const { context, decision } = session
  const isHttp2Enabled = decision.options.tls?.http2Enabled ?? context.options.http2_enabled
  const wish = originWish(session, originOffer(hello, isHttp2Enabled))
  peek.onGone = () => session.giveUpOrigin()
  const upstream = await openOrigin(session, wish, dial)
  await takeClient(session, peek)
  if ('refusal' in upstream) {
    const alpn = failureProtocol(wish.offer.alpn)
    const client = await greetClient(session, hello, alpn, undefined)
    session.checkAlive()
    answerFailure(session, secured(session, client), alpn === HTTP2 ? 'http2' : 'http1', upstream)
    return
  }
  const client = await greetClient(session, hello, protocolOf(upstream), upstream.secure)
  session.checkAlive()
  relay(session, client, upstream, wish, dial)
}

async function interceptLazily(session: Session, hello: ClientHello, peek: ClientPeek, dial: () => Promise<Socket>): Promise<void> {
  const alpn = hello.alpn.includes(HTTP1) ? HTTP1 : undefined
  await takeClient(session, peek)
  const client = await greetClient(session, hello, alpn, undefined)
  session.checkAlive()
  await firstOctet(session, client)
  const wish = originWish(session, { sni: hello.sni, alpn: alpn === undefined ? [] : [alpn] })
  const upstream = await openOrigin(session, wish, dial)
  session.checkAlive()
  if ('refusal' in upstream) answerFailure(session, secured(session, client), 'http1', upstream)
  else relay(session, client, upstream, wish, dial)
}

async function takeClient(session: Session, peek: ClientPeek): Promise<void> {
  const gone = await peek.handOver()
  if (gone !== undefined) throw clientGone(session, gone)
  session.checkAlive()
}

/** What a client is told a failure in, of what it offers: the one in which any client reads an answer, where there is a choice. */
function failureProtocol(alpn: readonly string[]): string | undefined {
  return [HTTP1, HTTP2].find((protocol) => alpn.includes(protocol))
}

function secured(session: Session, client: TLSSocket): Endpoint {
  return { stream: client, transport: session.client }
}

function protocolOf({ secure }: OpenOrigin): string | undefined {
  return typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : undefined
}

function relay(session: Session, client: TLSSocket, origin: OpenOrigin, wish: OriginWish, dial: () => Promise<Socket>): void {
  const endpoints = [secured(session, client), { stream: origin.secure, transport: origin.tcp }] as const
  const alpn = protocolOf(origin)
  if (HTTP1_PROTOCOLS.has(alpn)) {
    session.startRelay('http1', ...endpoints, http1LayerFor(session, origin, wish, dial))
  } else if (alpn === HTTP2) {
    const layer = http2Layer(session, handlerFor(session))
    answerLateRefusal(session, 'http2', layer)
    session.startRelay('http2', ...endpoints, layer)
  } else {
    session.onTlsError = (side, error) => {
      if (side === ORIGIN) tellLateRefusal(session, error)
    }
    decideOpaque(session)
    session.startRelay('tunnel', ...endpoints, new OpaqueLayer())
  }
}

/** Where `origin` has served another client and is lost, another takes its place if it may, and else the client is told. */
function http1LayerFor(session: Session, origin: OpenOrigin, wish: OriginWish, dial: () => Promise<Socket>): Layer {
  const { layer, judge } = reusableHttpLayer(session, origin, wish.key)
  if (origin.isReused !== true) {
    answerLateRefusal(session, 'http1', layer)
    return layer
  }
  const answerWith = (failure: NoOrigin) => {
    layer.lostAnswer = (form) => noAnswer(session, 'http1', failure, form)
  }
  answerWith({ refusal: refusals.origin_reset, detail: REUSED })
  if (judge === undefined) return layer
  session.reopenOrigin = (octets, loss) => {
    session.emit('origin_reopened', { octets, loss })
    return reopenOrigin(session, origin, wish, dial, (failure) => {
      layer.lostAnswer = undefined
      if (failure === undefined) answerLateRefusal(session, 'http1', layer)
      else answerWith(failure)
    })
  }
  return new HeldRequests(layer, () => judge.mayRepeat)
}

/** Lets `layer` tell the client why it gets no answer, where the origin refuses the handshake behind it. */
function answerLateRefusal(session: Session, protocol: HttpProtocol, layer: Http1Layer | Http2Layer): void {
  session.onTlsError = (side, error) => {
    const failure = side === ORIGIN ? tellLateRefusal(session, error) : undefined
    if (failure === undefined) return
    layer.lostAnswer = (form) => noAnswer(session, protocol, { refusal: refusals.upstream_tls_failed, detail: failureText(failure) }, form)
  }
}

/** What is not idempotent is not ours to repeat (RFC 9110 §9.2.2): the origin may have acted on what it has not answered. */
const REUSED = 'the connection had served another client before; the request was not sent again'

/**
 * An alert of the origin behind a handshake that was complete for us: in TLS 1.3 it has not read our certificate, or the lack of
 * one, before (RFC 8446 §4.4.2.4). The client's own are told by `terminate`.
 */
function tellLateRefusal(session: Session, { code, message, syscall }: NodeJS.ErrnoException): TlsFailure | undefined {
  const failure = classifyFailure({ side: 'upstream', phase: 'after_finished', code, message, syscall })
  if (failure?.source !== 'authoritative') return undefined
  session.emit('tls_handshake_failed', failureFacts(failure, undefined))
  return failure
}

/** Resolves when `client` has sent something, which stays in its stream. */
function firstOctet(session: Session, client: TLSSocket): Promise<void> {
  const idleMs = session.limits.idle_timeout_ms
  return new Promise((resolve, reject) => {
    const settle = (failure?: SessionFailure) => {
      clearTimeout(deadline)
      client.off('data', onData).off('end', onEnd).off('close', onEnd)
      if (failure === undefined) resolve()
      else reject(failure)
    }
    const onData = (octets: Buffer) => {
      client.pause()
      client.unshift(octets)
      settle()
    }
    const onEnd = () => settle(new SessionFailure('client_closed_early', 'the client closed before it asked for anything'))
    const idle = () => settle(new SessionFailure('idle_timeout', `no byte of the client for ${idleMs} ms`))
    const deadline = setTimeout(idle, idleMs)
    client.on('data', onData).on('end', onEnd).on('close', onEnd)
    client.resume()
  })
}

/** The client left, or fell silent, before it was sent a certificate. */
export function clientGone(session: Session, evidence: FailureEvidence): SessionFailure {
  const failure = classifyFailure(evidence)
  if (failure === undefined) return new SessionFailure('client_closed_early', 'the client closed before the handshake')
  session.emit('tls_handshake_failed', failureFacts(failure, undefined))
  return new SessionFailure(evidence.timedOut ? 'stage_timeout' : 'tls_handshake_failed', `${failure.reason}: ${failure.subReason}`)
}
