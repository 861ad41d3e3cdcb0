/**
 * The first stages of a CONNECT session, in order: dial, answer, peek, decide again, and the choice of what reads the bytes.
 * Worker thread.
 *
 *     dial ─▶ 200 ─┬─ tunnel ─────────────────────────────────────▶ relay, records watched
 *                  └─ peek ─┬─ TLS ─▶ decide by SNI ─┬─ intercept ─▶ intercept.ts
 *                           │                        ├─ tunnel ────▶ relay, records watched
 *                           │                        └─ block ─────▶ alert, close
 *                           ├─ cleartext HTTP ────────────────────▶ relay, HTTP layer
 *                           └─ other octets, or origin speaks first ▶ relay, records watched
 *
 * One function per stage; one that cannot go on throws a `SessionFailure`. Where a connection to the origin is parked, the
 * CONNECT is answered without dialling, and the dial follows only if the parked one does not fit; with `connect_strategy: lazy`
 * it follows the first octets of the client.
 */

import type { Socket } from 'node:net'
import { refusalResponse } from '../../shared/refusals/refusal-response.ts'
import { refusals } from '../../shared/refusals/registry.ts'
import { closeAfterConnect, runConnectFaults } from '../fault-points/connect-faults.ts'
import { withTlsFaults } from '../fault-points/gated-record-layer.ts'
import { DialError, dial } from '../origin/dial.ts'
import { UnreachableOrigin } from '../origin/unreachable-origin.ts'
import type { Endpoint } from '../relay-handler.ts'
import type { Session } from '../session.ts'
import { SessionFailure } from '../session-failure.ts'
import { decideByHello, decideOpaque } from './hello-decision.ts'
import { handlerFor, http2Layer, httpLayer } from './http-stack.ts'
import { clientGone, intercept, isLazy } from './intercept.ts'
import { answerFailure } from './no-answer.ts'
import { ClientPeek, type Peek } from './peek.ts'
import { watchTunnel } from './tunnel-watch.ts'

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n')

/** Brings a CONNECT session to its relay. */
export async function runConnect(session: Session): Promise<void> {
  const { client, context, ticket } = session
  if (ticket.unread !== undefined) client.unshift(ticket.unread)
  const faults = runConnectFaults(session)
  const lastFault = faults && (await faults)
  const isIntercepted = ticket.decision.action === 'intercept'
  const mayReuse = isIntercepted && context.options.upstream.reuse && context.originPool.hasAddress(ticket.host, ticket.port)
  const dialled = mayReuse || (isIntercepted && isLazy(session)) ? undefined : await dialOrigin(session)
  session.checkAlive()
  client.write(ESTABLISHED)
  if (lastFault !== undefined) await closeAfterConnect(session, lastFault)
  let ready = dialled
  // Once, unless it is lost; whoever wants another connection after that, dials.
  const connected = async () => {
    const socket = ready
    ready = undefined
    if (socket !== undefined && !hasLeftUnheard(socket)) return socket
    socket?.destroy()
    return dialOrigin(session)
  }
  if (!isIntercepted) {
    relayTunnel(session, await connected())
    return
  }
  const peek = new ClientPeek(client)
  const first = await peek.first(dialled, session.limits.handshake_timeout_ms)
  if (first.kind !== 'tls') await relayByFirstBytes(session, first, peek, connected)
  else if (decideByHello(session, first.hello)) await intercept(session, first.hello, peek, connected)
  else {
    peek.release()
    relayTunnel(session, await connected().catch(failInSilence))
  }
}

/**
 * Whether the origin has gone, by FIN or RST, while the client was waited for, and neither has said anything: a client that comes late
 * to an origin without patience is no reason to fail, and another connection loses nothing. Node tells a TLSSocket nothing of an
 * end that its socket has read before.
 */
function hasLeftUnheard(origin: Socket): boolean {
  return origin.bytesRead === 0 && (origin.destroyed || origin.readableEnded)
}

/** The client has begun something else than HTTP: a response in clear would reach it in the place of, say, a ServerHello. */
function failInSilence(error: unknown): never {
  throw error instanceof SessionFailure ? new SessionFailure(error.reason, error.message) : error
}

async function dialOrigin(session: Session): Promise<Socket> {
  const { ticket, context } = session
  const target = { host: ticket.host, port: ticket.port, timeoutMs: session.limits.connect_timeout_ms, guard: context.guard }
  try {
    return await dial(target, (socket) => {
      session.origin = socket
    })
  } catch (error) {
    session.checkAlive()
    if (!(error instanceof DialError)) throw error
    const reply = refusalResponse(refusals[error.refusal], {
      nowMs: Date.now(),
      format: ticket.refusalFormat,
      target: `${ticket.host}:${ticket.port}`,
      detail: error.message,
    })
    throw new UnreachableOrigin(error, reply)
  }
}

/**
 * Everything that is not TLS. The client is given back before the origin is waited for: its FIN may be there by then, and behind an
 * `end` nothing can be put back into a stream.
 */
async function relayByFirstBytes(
  session: Session,
  first: Exclude<Peek, { kind: 'tls' }>,
  peek: ClientPeek,
  connected: () => Promise<Socket>,
): Promise<void> {
  switch (first.kind) {
    case 'cleartext': {
      peek.release()
      const { speaks } = first
      const origin = await connected().catch((error: unknown) => answerCleartext(session, speaks, error))
      if (origin !== undefined) relayCleartext(session, origin, speaks)
      return
    }
    case 'origin_first': {
      decideOpaque(session)
      peek.release()
      relayTunnel(session, await connected())
      return
    }
    case 'violation':
      session.violation = first.violation.code
      session.emit('tls_handshake_failed', {
        side: 'client',
        source: 'authoritative',
        provider: 'native',
        reason: 'other',
        sub_reason: first.violation.code,
        phase: 'hello',
        detail: first.violation.message,
      })
      throw new SessionFailure('tls_handshake_failed', first.violation.message)
    case 'gone':
      throw clientGone(session, first.evidence)
  }
}

/** There is no origin to dial. HTTP/1 is answered as the CONNECT would have been. */
function answerCleartext(session: Session, speaks: 'http1' | 'http2' | 'other', error: unknown): undefined {
  if (speaks === 'http1') throw error
  if (speaks === 'other' || !(error instanceof UnreachableOrigin)) return failInSilence(error)
  answerFailure(session, plain(session.client), 'http2', { refusal: refusals[error.refusal], detail: error.message })
}

/** Requests in clear inside the tunnel: `http://` and `ws://` URLs through CONNECT, as undici and browsers send them. */
function relayCleartext(session: Session, origin: Socket, speaks: 'http1' | 'http2' | 'other'): void {
  const ends = [plain(session.client), plain(origin)] as const
  switch (speaks) {
    case 'http1':
      session.startRelay('http1', ...ends, httpLayer(session, handlerFor(session)))
      return
    case 'http2':
      session.startRelay('http2', ...ends, http2Layer(session, handlerFor(session)))
      return
    case 'other':
      decideOpaque(session)
      relayTunnel(session, origin)
      return
  }
}

/** Bytes that nobody reads; whether they are TLS, and how its handshake goes, is watched in passing. */
function relayTunnel(session: Session, origin: Socket): void {
  session.startRelay('tunnel', plain(session.client), plain(origin), withTlsFaults(session, watchTunnel(session)))
}

function plain(socket: Socket): Endpoint {
  return { stream: socket, transport: socket }
}
