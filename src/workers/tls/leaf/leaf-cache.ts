/**
 * Secure contexts for the client side, by key profile, origin certificate, and host where the certificate's names are not for it:
 * minted on a miss, renewed at two thirds of their life, the least recently used dropped at the bound.
 *
 * Minting is synchronous, so concurrent misses of one host coalesce by construction: the second finds what the first put here.
 * Caches are per worker: hosts are sharded, and one leaf costs less than a message. An evicted context is left to the garbage
 * collector (25 to 31 KB each): closing it would free it at once, but Node aborts the process when a socket is then made of it.
 * Worker thread.
 */

import { createHash } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { WorkerCounters } from '../../../shared/counters/worker-counters.ts'
import { SESSION_LIFETIME_SECONDS } from '../../../shared/limits/certificates.ts'
import type { TlsChoice } from '../../../shared/options/tls-schema.ts'
import { RecentMap } from '../../../shared/recent-map.ts'
import type { KeyAlgorithm } from '../x509/certificate-builder.ts'
import { createLeafContext } from './leaf-context.ts'
import type { LeafIssuer, LeafRequest } from './leaf-issuer.ts'
import { coversHost } from './leaf-names.ts'
import type { TicketKeys } from './ticket-keys.ts'

/** Where hits, misses, and leaves minted (misses and renewals) are counted. */
export type LeafCounters = Pick<WorkerCounters, 'add'>

/** What a context must be beside having a leaf. */
export interface ContextWish {
  /** Key agreement groups in the place of the library's. */
  readonly groups?: string | undefined
  /** The client is asked for a certificate, which a resumed handshake cannot do (RFC 8446 §4.3.2): sessions in which it was not are none here. */
  readonly requestsCertificate?: boolean
  /** The client does not offer TLS 1.3, and will agree on 1.2, where a session is for the name that it began with (RFC 6066 §3), whatever else the leaf is for. */
  readonly isForOneHost?: boolean
}

interface Entry {
  readonly context: SecureContext
  readonly renewAtMs: number
  /** DNS names of a leaf that serves every host that they are for. */
  readonly shared: ReadonlySet<string> | undefined
  ticketEpoch: number
}

export class LeafCache {
  readonly #issuer: LeafIssuer
  readonly #ticketKeys: TicketKeys
  readonly #counters: LeafCounters
  readonly #now: () => number
  #choice: TlsChoice = {}
  readonly #entries: RecentMap<string, Entry>

  constructor(issuer: LeafIssuer, ticketKeys: TicketKeys, capacity: number, counters: LeafCounters, now: () => number) {
    this.#issuer = issuer
    this.#ticketKeys = ticketKeys
    this.#entries = new RecentMap(capacity)
    this.#counters = counters
    this.#now = now
  }

  get size(): number {
    return this.#entries.size
  }

  /** Goes on with other versions and suites: what was made for the ones before is dropped. */
  reconfigure(choice: TlsChoice): void {
    if (isDeepStrictEqual(choice, this.#choice)) return
    this.#choice = choice
    this.#entries.clear()
  }

  /** Whether `contextFor` will need the RSA pair, which `LeafKeys.prepare` makes off the event loop. */
  needsRsa(profile: KeyAlgorithm): boolean {
    return profile === 'rsa' || this.#isListed
  }

  /** Whether the suites are an operator's: then a leaf of either key stands in each context. */
  get #isListed(): boolean {
    return this.#choice.ciphers !== undefined
  }

  /** Undefined where the host is no name that a certificate can carry. Throws a `CaError` once the CA has expired. */
  contextFor(request: LeafRequest, wish: ContextWish = {}): SecureContext | undefined {
    const host = request.host.toLowerCase()
    const isForOneHost = wish.isForOneHost === true
    const asked = wish.requestsCertificate === true
    const originKey = `${request.profile} ${wish.groups ?? ''} ${asked} ${isForOneHost} ${request.mirror?.fingerprint256 ?? ''}`
    const key = !isForOneHost && serves(this.#entries.get(originKey), host) ? originKey : `${originKey} ${host}`
    const found = this.#entries.use(key)
    if (found !== undefined && this.#now() < found.renewAtMs) return this.#hit(found)
    const entry = this.#mint(request, wish)
    if (entry === undefined) return undefined
    if (found === undefined) this.#counters.add('leaf_cache_misses')
    this.#counters.add('contexts_minted')
    // A stale entry may have stood under another key than its successor.
    this.#entries.delete(key)
    this.#entries.put(serves(entry, host) ? originKey : key, entry)
    return entry.context
  }

  #hit(entry: Entry): SecureContext {
    this.#counters.add('leaf_cache_hits')
    const epoch = this.#ticketKeys.epoch()
    if (entry.ticketEpoch !== epoch) {
      this.#ticketKeys.renew(entry.context)
      entry.ticketEpoch = epoch
    }
    return entry.context
  }

  #mint(request: LeafRequest, { groups, requestsCertificate, isForOneHost }: ContextWish): Entry | undefined {
    const leaf = this.#issuer.issueLeaf(request)
    if (leaf === undefined) return undefined
    const shared = isForOneHost === true ? undefined : leaf.shared
    // Which keys the suites of an operator's list need is OpenSSL's to know: it has a leaf of each, and picks by what is shared.
    const second = this.#isListed ? this.#issuer.issueLeaf({ ...request, profile: request.profile === 'rsa' ? 'ecdsa' : 'rsa' }) : undefined
    const context = createLeafContext({
      choice: this.#choice,
      groups,
      cert: second === undefined ? leaf.chainPem : [leaf.chainPem, second.chainPem],
      key: second === undefined ? leaf.keyPem : [leaf.keyPem, second.keyPem],
      ticketKeys: this.#ticketKeys.keys(),
      sessionTimeout: SESSION_LIFETIME_SECONDS,
      sessionIdContext: this.#sessionIdContext(shared ?? [request.host], requestsCertificate === true),
    })
    return { context, renewAtMs: leaf.renewAtMs, shared, ticketEpoch: this.#ticketKeys.epoch() }
  }

  /**
   * All tickets share their keys. This, which OpenSSL compares and takes 32 octets of, binds each to what was agreed by more than the
   * handshake that resumes it: the names of the leaf, the CA that signed it, versions and suites (OpenSSL resumes TLS 1.2 with a suite
   * that has been taken from its list since), and whether the client was asked for a certificate.
   */
  #sessionIdContext(names: Iterable<string>, requestsCertificate: boolean): string {
    const bound = [[...names].join().toLowerCase(), this.#issuer.fingerprint, this.#choice, requestsCertificate]
    return createHash('sha256').update(JSON.stringify(bound)).digest('hex').slice(0, 32)
  }
}

/** Whether `entry` is of the origin's names alone, and these are for `host`. */
function serves(entry: Entry | undefined, host: string): boolean {
  return entry?.shared !== undefined && coversHost(entry.shared, host)
}
