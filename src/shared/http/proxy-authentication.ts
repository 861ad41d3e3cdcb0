/**
 * Basic proxy authentication (RFC 7617, RFC 9110 §11.7). Off unless the operator names users. No thread of its own: the
 * acceptor checks the first request of a connection, a worker every later one of a plain connection.
 *
 * Time tells nothing: what the client sent and what every user has are hashed under a random key of this process, the hashes
 * (all of one length) are compared in constant time, and all users are compared whether or not one has matched.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { CREDENTIALS_MAX_BYTES } from '../limits/connect.ts'
import type { Refusal } from '../refusals/refusal.ts'
import { refusals } from '../refusals/registry.ts'
import type { FieldSection } from './field-section.ts'

export interface ProxyUser {
  /** Without a colon, which separates it from the password (RFC 7617 §2). */
  readonly name: string
  readonly password: string
}

export interface ProxyAuthenticationOptions {
  readonly realm: string
  readonly users: readonly ProxyUser[]
}

const KEY_BYTES = 32
/** `Basic` SP token68 (RFC 9110 §11.4); the scheme is case-insensitive. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

export class ProxyAuthentication {
  readonly realm: string
  readonly #key: Uint8Array = randomBytes(KEY_BYTES)
  readonly #names: readonly string[]
  readonly #digests: readonly Uint8Array[]

  constructor(options: ProxyAuthenticationOptions) {
    this.realm = options.realm
    this.#names = options.users.map((user) => user.name)
    // RFC 7617 §2.1 has clients send NFC; a configuration file may have been written otherwise.
    this.#digests = options.users.map((user) => this.#digest(Buffer.from(`${user.name}:${user.password}`.normalize('NFC'), 'utf8')))
  }

  /** The name of the user whose credentials the request carries, or why it is refused. */
  authenticate(fields: FieldSection): { readonly user: string } | Refusal {
    const line = fields.find('proxy-authorization')
    if (line === -1) return refusals.proxy_auth_required
    // A singleton field (RFC 9110 §5.3): of two lines, readers may take either.
    if (fields.find('proxy-authorization', line + 1) !== -1) return refusals.proxy_auth_invalid
    if (fields.valueEnd(line) - fields.valueStart(line) > CREDENTIALS_MAX_BYTES) return refusals.proxy_auth_invalid
    const token = BASIC.exec(fields.value(line))?.[1]
    if (token === undefined) return refusals.proxy_auth_invalid
    const user = this.#match(Buffer.from(token, 'base64'))
    return user === undefined ? refusals.proxy_auth_invalid : { user }
  }

  #match(credentials: Uint8Array): string | undefined {
    const digest = this.#digest(credentials)
    let matched = -1
    for (let i = 0; i < this.#digests.length; i++) {
      const equal = timingSafeEqual(digest, this.#digests[i] as Uint8Array)
      matched = equal ? i : matched
    }
    return matched === -1 ? undefined : this.#names[matched]
  }

  #digest(credentials: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key).update(credentials).digest()
  }
}
