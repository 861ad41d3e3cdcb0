/**
 * OriginSessions: TLS sessions of origins, by key, so that the next handshake resumes. Worker thread.
 *
 * A ticket is used once where there is another (RFC 8446 §C.4: else observers can link connections), but the last is kept: servers
 * on OpenSSL give two with a full handshake and none with a resumed one, and a session of TLS 1.2 serves any number of times. No
 * early data is ever sent, which is what replays could hurt; and the connections of a proxy are linked by its address already. A
 * ticket that an origin declines goes, and all that are older with it.
 *
 * A session stands for a certificate that was verified once, and servers may give new tickets for old ones without end: RFC 8446 §4.6.1
 * recommends a limit by "the lifetime of the peer's certificate" and "the time since the peer's online CertificateVerify signature".
 *
 * Bounded: the least recently used key goes first.
 */

import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { ORIGIN_SESSION_KEYS, ORIGIN_SESSION_MS, ORIGIN_SESSION_TICKETS } from '../../shared/limits/origins.ts'
import { RecentMap } from '../../shared/recent-map.ts'
import { type KeyShare, keyShareOf } from './origin-groups.ts'
import { sessionWithoutCertificate } from './session-without-certificate.ts'

/**
 * A session, the certificate of the full handshake that it comes from, for a resumed handshake shows none (RFC 8446 §2.2) and the
 * session itself is kept without it, and the key share that the origin took.
 */
export interface KnownSession {
  readonly session: Buffer
  readonly certificate: X509Certificate | undefined
  readonly share: KeyShare | undefined
  /** When it no longer stands for a full handshake, milliseconds of the epoch. */
  readonly untilMs: number
}

export class OriginSessions {
  readonly #tickets = new RecentMap<string, KnownSession[]>(ORIGIN_SESSION_KEYS)
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** A session to resume with, if there is one. */
  take(key: string): KnownSession | undefined {
    const tickets = this.#tickets.use(key)
    const newest = tickets?.at(-1)
    if (tickets === undefined || newest === undefined) return undefined
    if (newest.untilMs <= this.#now()) {
      // A full handshake gives others.
      this.forget(key)
      return undefined
    }
    if (tickets.length > 1) tickets.pop()
    return newest
  }

  /**
   * Keeps the sessions that `secure` is given; to be called as soon as it is verified, since tickets may come with the same bytes.
   * Listening makes Node serialise each one, so it stops as soon as there are enough. `offered`: the session that was, by `take`.
   */
  collect(key: string, secure: TLSSocket, offered: KnownSession | undefined): void {
    const isResumed = secure.isSessionReused()
    if (offered !== undefined && !isResumed) this.forget(key)
    const certificate = secure.getPeerX509Certificate()
    const untilMs = isResumed && offered !== undefined ? offered.untilMs : this.#lastsUntil(certificate)
    if (secure.getProtocol() !== 'TLSv1.3') {
      // Up to TLS 1.2 the session is complete with the handshake, and its event has passed.
      const session = isResumed ? undefined : secure.getSession()
      if (session !== undefined) this.#add(key, { session, certificate, share: keyShareOf(secure), untilMs })
      return
    }
    if ((this.#tickets.get(key)?.length ?? 0) >= ORIGIN_SESSION_TICKETS) return
    const share = keyShareOf(secure)
    const onSession = (given: Buffer) => {
      const session = sessionWithoutCertificate(given)
      if (this.#add(key, { session, certificate, share, untilMs })) secure.off('session', onSession)
    }
    secure.on('session', onSession)
  }

  /** Forgets a key: a session of it did not help. */
  forget(key: string): void {
    this.#tickets.delete(key)
  }

  #lastsUntil(certificate: X509Certificate | undefined): number {
    const nowMs = this.#now()
    const expiresMs = Date.parse(certificate?.validTo ?? '')
    // One that has expired already was taken all the same: it is not verified.
    return expiresMs > nowMs ? Math.min(expiresMs, nowMs + ORIGIN_SESSION_MS) : nowMs + ORIGIN_SESSION_MS
  }

  /** Returns whether the key has enough now. */
  #add(key: string, session: KnownSession): boolean {
    const tickets = this.#tickets.get(key) ?? []
    this.#tickets.put(key, tickets)
    tickets.push(session)
    if (tickets.length > ORIGIN_SESSION_TICKETS) tickets.shift()
    return tickets.length >= ORIGIN_SESSION_TICKETS
  }
}
