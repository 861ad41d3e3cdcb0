/**
 * The upstream half of an interception: a parked connection that fits, or a new one, dialled and shaken hands with. Worker thread.
 */

import type { Socket } from 'node:net'
import type { ClientIdentity } from '../../shared/client-identity.ts'
import type { TlsChoice } from '../../shared/options/tls-schema.ts'
import type { Refusal } from '../../shared/refusals/refusal.ts'
import { type RefusalCode, refusals } from '../../shared/refusals/registry.ts'
import { HandshakeError } from '../handshakes/handshake-error.ts'
import { failureFacts, handshakeFacts } from '../handshakes/handshake-events.ts'
import { type Originated, originate, upstreamFailure } from '../handshakes/originate.ts'
import type { Session } from '../session.ts'
import type { TlsFailure } from '../tls/failure/failure-evidence.ts'
import { HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY } from '../tls/records/alert.ts'
import { type OriginGroups, originGroups } from './origin-groups.ts'
import { type OriginOffer, originKey } from './origin-key.ts'
import type { OpenOrigin } from './origin-pool.ts'
import type { KnownSession } from './origin-sessions.ts'
import { UnreachableOrigin } from './unreachable-origin.ts'

/** Why there is no origin, for the client: inside of TLS, whatever it asks for. */
export interface NoOrigin {
  readonly refusal: Refusal
  readonly detail: string
}

/** What dialling and the upstream handshake came to. */
export type Upstream = OpenOrigin | NoOrigin

/** What is wanted of an origin's TLS, and the key of connections that have it. */
export interface OriginWish {
  readonly offer: OriginOffer
  readonly identity: ClientIdentity | undefined
  readonly choice: TlsChoice
  readonly key: string
}

export function originWish({ context, decision, ticket }: Session, offer: OriginOffer): OriginWish {
  const identity = context.clientIdentities.identityFor(ticket.host, offer.sni)
  const general = context.options.tls.upstream
  const own = decision.options.tls?.upstream
  const choice = own === undefined ? general : { ...general, ...own }
  const key = originKey(ticket.host, ticket.port, offer, decision.options.verifyUpstream, context.origins.keyFor(identity, choice))
  return { offer, identity, choice, key }
}

/** `dial` connects to the origin; its first socket may be the one that was dialled for the CONNECT. */
export async function openOrigin(session: Session, wish: OriginWish, dial: () => Promise<Socket>): Promise<Upstream> {
  const parked = session.tlsFaults?.wantsHandshake === true ? undefined : takeParked(session, wish.key)
  return parked ?? openFreshOrigin(session, wish, dial)
}

/** Likewise, whatever is parked. */
export async function openFreshOrigin(session: Session, wish: OriginWish, dial: () => Promise<Socket>): Promise<Upstream> {
  try {
    return await originateFor(session, await dial(), wish, dial)
  } catch (error) {
    // The CONNECT has been answered: what it would have been told is told inside.
    if (!(error instanceof UnreachableOrigin)) throw error
    return { refusal: refusals[error.refusal], detail: error.message }
  }
}

function takeParked(session: Session, key: string): OpenOrigin | undefined {
  const { counters, originPool } = session.context
  const parked = originPool.take(key)
  if (parked === undefined) return undefined
  // What was dialled for the CONNECT is not needed.
  session.origin?.destroy()
  session.origin = parked.tcp
  counters.add('origins_reused')
  const { alpnProtocol } = parked.secure
  const alpn = typeof alpnProtocol === 'string' ? alpnProtocol : undefined
  session.emit('origin_reused', { alpn, version: parked.secure.getProtocol() ?? undefined })
  return parked
}

async function originateFor(session: Session, tcp: Socket, wish: OriginWish, dial: () => Promise<Socket>): Promise<Upstream> {
  const { context, ticket, tlsFaults } = session
  const startedAt = performance.now()
  const sni = wish.offer.sni ?? ticket.host
  session.emit('tls_handshake_started', { side: 'upstream', source: 'authoritative', provider: 'native', sni })
  try {
    const { secure, ocsp, transport } = await agree(session, tcp, wish, dial)
    if (tlsFaults?.hasMetOrigin === true) {
      const outcome = await tlsFaults.metOrigin(secure, session.limits.handshake_timeout_ms)
      secure.destroy()
      throw new HandshakeError(upstreamFailure({ phase: 'mid_handshake', ...outcome }))
    }
    context.counters.add('handshakes_upstream')
    if (secure.isSessionReused()) context.counters.add('resumed_upstream')
    session.emit('tls_handshake_succeeded', {
      side: 'upstream',
      ...handshakeFacts(secure, performance.now() - startedAt),
      ocsp_stapled: ocsp !== undefined,
      ...(ocsp === undefined ? {} : { ocsp }),
    })
    return { secure, tcp: transport }
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error
    // Cut off by ourselves: it says nothing about the origin.
    if (session.hasGivenUpOrigin) return { refusal: refusals.upstream_tls_failed, detail: 'given up: the client had gone' }
    context.originSessions.forget(wish.key)
    const failure = failureFacts(error.failure, performance.now() - startedAt)
    session.emit('tls_handshake_failed', failure)
    return { refusal: refusals[REFUSALS.get(error.failure.reason) ?? 'upstream_tls_failed'], detail: failureText(error.failure) }
  }
}

const REFUSALS: ReadonlyMap<string, RefusalCode> = new Map([
  ['upstream_cert_invalid', 'upstream_cert_invalid'],
  ['timeout', 'upstream_tls_timeout'],
])

/** A failed handshake in one line, for whoever waits for an answer. */
export function failureText({ reason, subReason, detail }: TlsFailure): string {
  return [reason, subReason, detail].filter((part) => part !== '').join(': ')
}

interface Agreed extends Originated {
  /** The TCP socket beneath. */
  readonly transport: Socket
}

/**
 * One handshake as far as anybody is told. To an origin on this machine that takes none of the classical groups it is a second one,
 * on a second connection, with the library's groups: as a HelloRetryRequest would be, had they been offered.
 */
async function agree(session: Session, tcp: Socket, wish: OriginWish, dial: () => Promise<Socket>): Promise<Agreed> {
  const { originSessions } = session.context
  const known = originSessions.take(wish.key)
  const groups = originGroups(known?.share, tcp.remoteAddress)
  try {
    return await shakeHands(session, tcp, wish, known, groups)
  } catch (error) {
    if (groups !== 'classical' || session.tlsFaults?.hasMetOrigin === true || !mayWantOtherGroups(error)) throw error
    originSessions.forget(wish.key)
    const again = await dial().catch(() => {
      throw error
    })
    return shakeHands(session, again, wish, undefined, undefined)
  }
}

async function shakeHands(
  { context, decision, limits, ticket, tlsFaults }: Session,
  tcp: Socket,
  { offer, identity, choice, key }: OriginWish,
  known: KnownSession | undefined,
  groups: OriginGroups | undefined,
): Promise<Agreed> {
  const originated = await originate(tlsFaults?.originTransport(tcp) ?? tcp, {
    host: ticket.host,
    ...offer,
    context: context.origins.contextFor(identity, choice, groups),
    verify: decision.options.verifyUpstream,
    session: known,
    onVerified: (secure) => context.originSessions.collect(key, secure, known),
    timeoutMs: limits.handshake_timeout_ms,
  })
  return { ...originated, transport: tcp }
}

/** RFC 8446 §4.1.1: a server that finds no group in common answers with one of two alerts, which it has for other reasons too. */
function mayWantOtherGroups(error: unknown): boolean {
  if (!(error instanceof HandshakeError)) return false
  const { alert } = error.failure
  return alert === HANDSHAKE_FAILURE || alert === INSUFFICIENT_SECURITY
}
