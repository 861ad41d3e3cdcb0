/**
 * The first stages of a CONNECT session, in order: dial, answer, peek, and the choice of what reads the bytes. Worker thread.
 *
 *     dial ─▶ 200 ─┬─ tunnel ──────────────────────────▶ relay, records watched
 *                  └─ peek ─┬─ TLS ────────────────────▶ intercept.ts
 *                           ├─ cleartext HTTP ─────────▶ relay, HTTP layer
 *                           ├─ other octets ───────────▶ relay, records watched
 *                           └─ origin speaks first ────▶ relay, records watched
 *
 * One function per stage; one that cannot go on throws a `SessionFailure`.
 */

import type { Socket } from 'node:net'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { DialError, dial } from './dial.ts'
import { httpLayer, observerFor } from './http-stack.ts'
import { clientGone, intercept } from './intercept.ts'
import { ClientPeek, type Peek } from './peek.ts'
import type { Endpoint } from './relay.ts'
import { type Session, SessionFailure } from './session.ts'
import { watchTunnel } from './tunnel-watch.ts'

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n')

/** Brings a CONNECT session to its relay. */
export async function runConnect(session: Session): Promise<void> {
  const { client, ticket } = session
  const origin = await dialOrigin(session)
  session.checkAlive()
  client.write(ESTABLISHED)
  if (ticket.unread.length > 0) client.unshift(ticket.unread)
  if (ticket.decision.action === 'tunnel') {
    relayTunnel(session, origin)
    return
  }
  const peek = new ClientPeek(client)
  const first = await peek.first(origin, session.context.options.limits.handshake_timeout_ms)
  if (first.kind === 'tls') await intercept(session, origin, first.hello, peek)
  else relayByFirstBytes(session, origin, first, peek)
}

async function dialOrigin(session: Session): Promise<Socket> {
  const { ticket, context } = session
  const target = { host: ticket.host, port: ticket.port, timeoutMs: context.options.limits.connect_timeout_ms, guard: context.guard }
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
    throw new SessionFailure(error.refusal === 'session_limit' ? 'limit_exceeded' : 'upstream_connect_failed', error.message, reply)
  }
}

/** Everything that is not TLS. */
function relayByFirstBytes(session: Session, origin: Socket, first: Exclude<Peek, { kind: 'tls' }>, peek: ClientPeek): void {
  peek.release()
  switch (first.kind) {
    case 'cleartext':
      if (first.isText) relayHttp(session, origin)
      else relayTunnel(session, origin)
      return
    case 'origin_first':
      relayTunnel(session, origin)
      return
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

/** Requests in clear inside the tunnel: `http://` and `ws://` URLs through CONNECT, as undici and browsers send them. */
function relayHttp(session: Session, origin: Socket): void {
  session.startRelay('http1', plain(session.client), plain(origin), httpLayer(session, observerFor(session)))
}

/** Bytes that nobody reads; whether they are TLS, and how its handshake goes, is watched in passing. */
function relayTunnel(session: Session, origin: Socket): void {
  session.startRelay('tunnel', plain(session.client), plain(origin), watchTunnel(session))
}

function plain(socket: Socket): Endpoint {
  return { stream: socket, transport: socket }
}
