/**
 * Secure contexts for the origin side: one for all connections without a client certificate, one per client identity.
 *
 * Loading some 150 roots costs milliseconds and about a megabyte, so it happens once per worker and never per connection. What
 * differs by connection (server name, ALPN, verification on or off, session) belongs to the socket. Worker thread.
 */

import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { CIPHERS, MIN_TLS_VERSION } from './tls-parameters.ts'
import type { TrustAnchors } from './trust-anchors.ts'

/** A client certificate for origins that ask for one (mTLS), as PEM or PKCS#12. */
export interface ClientIdentity {
  readonly cert?: string
  readonly key?: string
  readonly pfx?: Buffer
  readonly passphrase?: string
}

export class OriginContexts {
  readonly #anchors: Pick<TrustAnchors, 'pem'>
  #shared: SecureContext | undefined
  /** By the identity object of the parsed configuration: a reload drops the old ones with it. */
  readonly #byIdentity = new WeakMap<ClientIdentity, SecureContext>()

  constructor(anchors: Pick<TrustAnchors, 'pem'>) {
    this.#anchors = anchors
  }

  /** Throws where `identity` is not usable: the operator's certificate, key or password. */
  contextFor(identity: ClientIdentity | undefined): SecureContext {
    if (identity === undefined) {
      this.#shared ??= this.#create({})
      return this.#shared
    }
    const known = this.#byIdentity.get(identity)
    if (known !== undefined) return known
    const made = this.#create(identity)
    this.#byIdentity.set(identity, made)
    return made
  }

  #create(identity: SecureContextOptions): SecureContext {
    return createSecureContext({ ...identity, ca: this.#anchors.pem, minVersion: MIN_TLS_VERSION, ciphers: CIPHERS })
  }
}
