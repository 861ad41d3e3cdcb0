/**
 * The stages of a CONNECT session, in order: dial, answer, peek, originate, terminate, relay. Worker thread.
 *
 * One function per stage, each returning what the next needs; a stage that cannot go on throws a `SessionFailure`.
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { refuse } from '../shared/refusals/refusal.ts'
import { DialError, dial } from './dial.ts'
import { Http1Layer } from './layers/http1/http1-layer.ts'
import { OpaqueLayer } from './layers/opaque-layer.ts'
import { nullOrigin } from './null-origin.ts'
import { HttpObserver } from './observers/http-observer.ts'
import { UpstreamFailureResponder } from './observers/upstream-failure-responder.ts'
import { originate } from './originate.ts'
import { type Peek, peek } from './peek.ts'
import { type Session, SessionFailure } from './session.ts'
import { HandshakeError, terminate } from './terminate.ts'
import { classifyHandshake, describeHandshake } from './tls-outcome.ts'
import type { ClientHello } from './tls/client-hello.ts'

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n')
const HTTP1 = 'http/1.1'
const HTTP2 = 'h2'

/** Brings a CONNECT session to its relay. */
export async function runConnect(session: Session): Promise<void> {
  const { client, ticket } = session
  const origin = await dialOrigin(session)
  client.write(ESTABLISHED)
  if (ticket.unread.length > 0) client.unshift(ticket.unread)
  if (ticket.decision.action === 'tunnel') {
    relayTunnel(session, origin)
    return
  }
  const first = await peek(client, origin, session.context.options.limits.handshake_timeout_ms)
  session.checkAlive()
  await relayByFirstBytes(session, origin, first)
}

async function dialOrigin(session: Session): Promise<Socket> {
  const { ticket, context } = session
  try {
    return await dial(
      { host: ticket.host, port: ticket.port, timeoutMs: context.options.limits.connect_timeout_ms, isForbidden: context.isOwnEndpoint },
      (socket) => {
        session.origin = socket
      },
    )
  } catch (error) {
    session.checkAlive()
    if (!(error instanceof DialError)) throw error
    const reply = refuse({ name: error.refusal, detail: error.message, format: ticket.refusalFormat })
    throw new SessionFailure(error.refusal === 'session_limit' ? 'limit_exceeded' : 'upstream_connect_failed', error.message, reply)
  }
}

function relayTunnel(session: Session, origin: Socket): void {
  const { client } = session
  session.startRelay('tunnel', { stream: client, transport: client }, { stream: origin, transport: origin }, new OpaqueLayer())
}

async function relayByFirstBytes(session: Session, origin: Socket, first: Peek): Promise<void> {
  switch (first.kind) {
    case 'tls':
      return intercept(session, origin, first.hello)
    case 'cleartext':
      return relayCleartext(session, origin)
    case 'origin_first':
      return relayTunnel(session, origin)
    case 'violation':
      session.violation = first.violation.code
      session.emit('tls_handshake_failed', {
        side: 'client', source: 'authoritative', provider: 'native', reason: 'other', sub_reason: first.violation.code,
        phase: 'hello', detail: first.violation.message,
      })
      throw new SessionFailure('tls_handshake_failed', first.violation.message)
    case 'closed':
      throw new SessionFailure('client_closed_early', first.detail)
    case 'timeout':
      throw new SessionFailure('stage_timeout', 'the client sent nothing after its CONNECT was answered')
  }
}

/** TLS on both sides: origin first, then the client with exactly what the origin chose. */
async function intercept(session: Session, tcp: Socket, hello: ClientHello): Promise<void> {
  reportHello(session, hello)
  let origin: TLSSocket
  try {
    origin = await originateFor(session, tcp, hello)
  } catch (error) {
    session.checkAlive()
    if (!(error instanceof HandshakeError)) throw error
    return answerUpstreamFailure(session, hello, error)
  }
  session.checkAlive()
  const alpn = typeof origin.alpnProtocol === 'string' ? origin.alpnProtocol : undefined
  const client = await terminateFor(session, hello, alpn)
  session.checkAlive()
  const ends = [
    { stream: client, transport: session.client },
    { stream: origin, transport: tcp },
  ] as const
  if (alpn === undefined || alpn === HTTP1 || alpn === 'http/1.0') session.startRelay('http1', ...ends, httpLayer(session, observerFor(session)))
  else session.startRelay('tunnel', ...ends, new OpaqueLayer())
}

function reportHello(session: Session, hello: ClientHello): void {
  session.emit('tls_client_hello', describeHello(hello))
}

async function originateFor(session: Session, tcp: Socket, hello: ClientHello): Promise<TLSSocket> {
  const { context, ticket } = session
  const started = performance.now()
  const name = hello.sni ?? ticket.host
  session.emit('tls_handshake_started', { side: 'upstream', source: 'authoritative', provider: 'native', sni: name })
  try {
    const secure = await originate(tcp, {
      host: ticket.host,
      sni: hello.sni,
      alpn: hello.alpn.filter((protocol) => protocol !== HTTP2),
      context: context.originContext,
      verify: ticket.decision.options.verifyUpstream,
      timeoutMs: context.options.limits.handshake_timeout_ms,
    })
    session.emit('tls_handshake_succeeded', { side: 'upstream', ...describeHandshake(secure, started) })
    return secure
  } catch (error) {
    if (error instanceof HandshakeError) session.emit('tls_handshake_failed', { ...classifyHandshake('upstream', error.evidence), duration_ms: performance.now() - started })
    throw error
  }
}

async function terminateFor(session: Session, hello: ClientHello, alpn: string | undefined): Promise<TLSSocket> {
  const { context, client, ticket } = session
  const started = performance.now()
  const name = hello.sni ?? ticket.host
  session.emit('tls_handshake_started', { side: 'client', source: 'authoritative', provider: 'native', sni: name })
  try {
    const secure = await terminate(client, { context: context.leaves.contextFor(name, hello), alpn, timeoutMs: context.options.limits.handshake_timeout_ms })
    session.emit('tls_handshake_succeeded', { side: 'client', ...describeHandshake(secure, started) })
    return secure
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error
    session.emit('tls_handshake_failed', { ...classifyHandshake('client', error.evidence), duration_ms: performance.now() - started })
    throw new SessionFailure('tls_handshake_failed', error.message)
  }
}
