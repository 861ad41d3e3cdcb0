/**
 * AddressLookup: the addresses of names, by the system's resolver, remembered for a moment. Worker thread.
 *
 * `getaddrinfo` tells no lifetime, so an answer stands for a second only: long enough that a host to which clients churn is not
 * asked for at every connection, each time through the thread pool, and shorter than any DNS lifetime in use. Whoever asks while
 * the answer is on its way waits for the same one. Failures are not remembered.
 */

import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { performance } from 'node:perf_hooks'
import { LOOKUP_KEPT, LOOKUP_KEPT_MS } from '../../shared/limits/origins.ts'
import { RecentMap } from '../../shared/recent-map.ts'

type Listener = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void
type Resolve = (hostname: string, options: LookupAllOptions, listener: Listener) => void

interface Answer {
  readonly addresses: LookupAddress[]
  readonly until: number
}

export class AddressLookup {
  readonly #resolve: Resolve
  readonly #now: () => number
  readonly #answers = new RecentMap<string, Answer>(LOOKUP_KEPT)
  readonly #waiting = new Map<string, Listener[]>()

  constructor(resolve: Resolve = lookup, now: () => number = () => performance.now()) {
    this.#resolve = resolve
    this.#now = now
  }

  /** Tells `listener`, never before this has returned. All who ask for one name must ask with the same options. */
  find(name: string, options: LookupAllOptions, listener: Listener): void {
    const hostname = isBelowLocalhost(name) ? LOCALHOST : name
    const answer = this.#answers.get(hostname)
    if (answer !== undefined && answer.until > this.#now()) {
      process.nextTick(listener, null, answer.addresses)
      return
    }
    const waiting = this.#waiting.get(hostname)
    if (waiting !== undefined) {
      waiting.push(listener)
      return
    }
    this.#waiting.set(hostname, [listener])
    this.#resolve(hostname, options, (error, addresses) => this.#told(hostname, error, addresses))
  }

  #told(hostname: string, error: NodeJS.ErrnoException | null, addresses: LookupAddress[]): void {
    const waiting = this.#waiting.get(hostname) ?? []
    this.#waiting.delete(hostname)
    if (error === null) this.#answers.put(hostname, { addresses, until: this.#now() + LOOKUP_KEPT_MS })
    else this.#answers.delete(hostname)
    for (const listener of waiting) listener(error, addresses)
  }
}

const LOCALHOST = 'localhost'

/**
 * RFC 6761 §6.3: every name below `localhost` is this machine, and is no question for DNS. As curl and browsers have it, where the
 * system's resolver may not; what `localhost` itself is, the system says.
 */
function isBelowLocalhost(name: string): boolean {
  return /\.localhost\.?$/i.test(name)
}
