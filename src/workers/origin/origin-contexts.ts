/**
 * Secure contexts for the origin side: one for nearly all connections, one more per client identity, per choice of versions and
 * suites, and per choice of key agreement groups.
 *
 * Loading some 150 roots costs milliseconds and about a megabyte, so it happens once per context and never per connection. What
 * differs by connection (server name, ALPN, verification on or off, session) belongs to the socket. Worker thread.
 */

import { createHash } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { ClientIdentity } from '../../shared/client-identity.ts'
import { ORIGIN_CONTEXTS } from '../../shared/limits/origins.ts'
import type { TlsChoice } from '../../shared/options/tls-schema.ts'
import { RecentMap } from '../../shared/recent-map.ts'
import { contextParameters } from '../tls/tls-parameters.ts'
import type { TrustAnchors } from '../tls/verification/trust-anchors.ts'
import { groupsFor, type OriginGroups } from './origin-groups.ts'

export class OriginContexts {
  readonly #anchors: Pick<TrustAnchors, 'pem'>
  readonly #trust: string
  /** By `keyFor` and groups. What a reload no longer names is dropped at the bound. */
  readonly #contexts = new RecentMap<string, SecureContext>(ORIGIN_CONTEXTS)

  constructor(anchors: Pick<TrustAnchors, 'pem'>) {
    this.#anchors = anchors
    this.#trust = createHash('sha256').update(anchors.pem).digest('base64url')
  }

  /** Whether they trust `anchors` and no others. */
  trusts(anchors: Pick<TrustAnchors, 'pem'>): boolean {
    return anchors.pem === this.#anchors.pem
  }

  /** What contexts differ in; connections of different contexts never stand for one another. Without spaces: a part of origin keys. */
  keyFor(identity: ClientIdentity | undefined, { min_version: min, max_version: max, ciphers }: TlsChoice): string {
    return `${this.#trust}|${identity?.fingerprint ?? ''}|${min ?? ''}|${max ?? ''}|${ciphers?.replaceAll(' ', ',') ?? ''}`
  }

  /** Throws where `identity` is not usable; configurations are checked for that. */
  contextFor(identity: ClientIdentity | undefined, choice: TlsChoice = {}, groups?: OriginGroups): SecureContext {
    const key = `${this.keyFor(identity, choice)} ${groups ?? ''}`
    const found = this.#contexts.use(key)
    if (found !== undefined) return found
    const context = this.#create(identity, choice, groups)
    this.#contexts.put(key, context)
    return context
  }

  #create(identity: ClientIdentity | undefined, choice: TlsChoice, groups: OriginGroups | undefined): SecureContext {
    const { fingerprint: _, pfx, ...material } = identity ?? { fingerprint: '' }
    const archive = pfx === undefined ? {} : { pfx: Buffer.from(pfx) }
    return createSecureContext({
      ...material,
      ...archive,
      ca: this.#anchors.pem,
      // A trust anchor need not be self-signed (RFC 5280 §6.1.1 d): whoever names an intermediate, or a server's own certificate, trusts it.
      allowPartialTrustChain: true,
      ...contextParameters(choice),
      ...groupsFor(groups),
    })
  }
}
