/**
 * The upstream half of an interception: a parked connection that fits, or a new one, dialled and shaken hands with. Worker thread.
 */

import type { Socket } from 'node:net'
import type { ClientIdentity } from '../../shared/client-identity.ts'
import type { TlsChoice } from '../../shared/options/tls-schema.ts'
import type { Refusal } from '../../shared/refusals/refusal.ts'
import { refusals } from '../../shared/refusals/registry.ts'
import { HandshakeError } from '../handshakes/handshake-error.ts'
import { failureFacts, handshakeFacts } from '../handshakes/handshake-events.ts'
import { originate, upstreamFailure } from '../handshakes/originate.ts'
import type { Session } from '../session.ts'
import { contextKey } from './origin-contexts.ts'
import { type OriginOffer, originKey } from './origin-key.ts'
import type { OpenOrigin } from './origin-pool.ts'
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
  const key = originKey(ticket.host, ticket.port, offer, decision.options.verifyUpstream, contextKey(identity, choice))
  return { offer, identity, choice, key }
}

/** `dial` connects to the origin, unless that has been done when the CONNECT was answered. */
export async function openOrigin(session: Session, wish: OriginWish, dial: () => Promise<Socket>): Promise<Upstream> {
  const parked = session.tlsFaults?.wantsHandshake === true ? undefined : takeParked(session, wish.key)
  if (parked !== undefined) return parked
  try {
    return await originateFor(session, await dial(), wish)
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
  session.origin = parked.tcp
  counters.add('origins_reused')
  const { alpnProtocol } = parked.secure
  const alpn = typeof alpnProtocol === 'string' ? alpnProtocol : undefined
  session.emit('origin_reused', { alpn, version: parked.secure.getProtocol() ?? undefined })
  return parked
}

async function originateFor(session: Session, tcp: Socket, { offer, identity, choice, key }: OriginWish): Promise<Upstream> {
  const { context, ticket, decision, tlsFaults } = session
  const { originSessions } = context
  const startedAt = performance.now()
  session.emit('tls_handshake_started', { side: 'upstream', source: 'authoritative', provider: 'native', sni: offer.sni ?? ticket.host })
  const known = originSessions.take(key)
  try {
    const { secure, ocsp } = await originate(tlsFaults?.originTransport(tcp) ?? tcp, {
      host: ticket.host,
      ...offer,
      context: context.origins.contextFor(identity, choice, known?.share),
      verify: decision.options.verifyUpstream,
      session: known,
      onVerified: (secure) => originSessions.collect(key, secure, known !== undefined),
      timeoutMs: session.limits.handshake_timeout_ms,
    })
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
