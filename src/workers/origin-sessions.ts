/**
 * OriginSessions: TLS sessions of origins, by key, so that the next handshake resumes. Worker thread.
 *
 * A ticket is used once (RFC 8446 §C.4: else observers can link connections) and the connection that used it brings new ones.
 * Bounded: the least recently used key goes first.
 */

import type { TLSSocket } from 'node:tls'
import { ORIGIN_SESSION_KEYS, ORIGIN_SESSION_TICKETS } from '../shared/limits/origins.ts'

export class OriginSessions {
  readonly #tickets = new Map<string, Buffer[]>()

  /** A session to resume with, if there is one. */
  take(key: string): Buffer | undefined {
    const tickets = this.#tickets.get(key)
    if (tickets === undefined) return undefined
    this.#tickets.delete(key)
    const ticket = tickets.pop()
    if (tickets.length > 0) this.#tickets.set(key, tickets)
    return ticket
  }

  /**
   * Keeps the sessions that `secure` is given. Listening makes Node serialise each one, so it stops as soon as there are
   * enough.
   */
  collect(key: string, secure: TLSSocket): void {
    if ((this.#tickets.get(key)?.length ?? 0) >= ORIGIN_SESSION_TICKETS) return
    const onSession = (session: Buffer) => {
      if (this.#add(key, session)) secure.off('session', onSession)
    }
    secure.on('session', onSession)
  }

  /** Forgets a key: a session of it did not help. */
  forget(key: string): void {
    this.#tickets.delete(key)
  }

  /** Returns whether the key has enough now. */
  #add(key: string, session: Buffer): boolean {
    const tickets = this.#tickets.get(key) ?? []
    this.#tickets.delete(key)
    this.#tickets.set(key, tickets)
    tickets.push(session)
    if (tickets.length > ORIGIN_SESSION_TICKETS) tickets.shift()
    if (this.#tickets.size > ORIGIN_SESSION_KEYS) this.#forgetOldest()
    return tickets.length >= ORIGIN_SESSION_TICKETS
  }

  #forgetOldest(): void {
    for (const key of this.#tickets.keys()) {
      this.#tickets.delete(key)
      return
    }
  }
}
