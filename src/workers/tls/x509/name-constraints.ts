/**
 * The nameConstraints extension of a CA (RFC 5280 §4.2.1.10): which names the certificates below it may carry.
 *
 * A verifier refuses a whole certificate for one name outside, so names that we copy must be inside. Reads untrusted DER; judges
 * dNSName, iPAddress and whether directoryName is constrained at all, which are the forms that leaves have. Pure. Any thread.
 */

import type { AltName } from './certificate-builder.ts'
import { type DerElement, firstChild, nextSibling } from './der-reader.ts'

/** GeneralName tags (RFC 5280 §4.2.1.6); tags of GeneralSubtrees within NameConstraints. */
const DNS_NAME = 0x82
const DIRECTORY_NAME = 0xa4
const IP_ADDRESS = 0x87
const PERMITTED = 0xa0
const EXCLUDED = 0xa1

interface Subtrees {
  /** Lower case: a domain, or `.domain` for the names below it only. */
  readonly domains: string[]
  /** Address and mask, 4 or 16 octets each. */
  readonly networks: Buffer[]
}

export class NameConstraints {
  readonly #permitted: Subtrees = { domains: [], networks: [] }
  readonly #excluded: Subtrees = { domains: [], networks: [] }
  #constrainsSubject = false

  /** `value`: what the extension's OCTET STRING holds, within `der`. */
  constructor(der: Buffer, value: DerElement | undefined) {
    if (value === undefined) return
    for (let part = firstChild(der, value); part !== undefined; part = nextSibling(der, value, part)) {
      if (part.tag === PERMITTED) this.#collect(der, part, this.#permitted)
      else if (part.tag === EXCLUDED) this.#collect(der, part, this.#excluded)
    }
  }

  /** True where subjects that are not empty are constrained: an empty one is always allowed. */
  get constrainsSubject(): boolean {
    return this.#constrainsSubject
  }

  allows(name: AltName): boolean {
    if (name.type === 'ip') {
      const isIn = (network: Buffer) => holdsAddress(network, name.address)
      return !this.#excluded.networks.some(isIn) && (this.#permitted.networks.length === 0 || this.#permitted.networks.some(isIn))
    }
    const { domains } = this.#permitted
    if (this.#excluded.domains.some((domain) => meets(domain, name.name))) return false
    return domains.length === 0 || domains.some((domain) => isBelow(name.name, domain))
  }

  #collect(der: Buffer, subtrees: DerElement, into: Subtrees): void {
    for (let subtree = firstChild(der, subtrees); subtree !== undefined; subtree = nextSibling(der, subtrees, subtree)) {
      const base = firstChild(der, subtree)
      if (base?.tag === DNS_NAME) into.domains.push(der.toString('latin1', base.value, base.end).toLowerCase())
      else if (base?.tag === IP_ADDRESS) into.networks.push(der.subarray(base.value, base.end))
      else if (base?.tag === DIRECTORY_NAME) this.#constrainsSubject = true
    }
  }
}

/** Zero or more labels added to the left of `domain`; one or more where it begins with a dot, as OpenSSL reads that. */
function isBelow(name: string, domain: string): boolean {
  return domain === '' || name === domain || name.endsWith(domain.startsWith('.') ? domain : `.${domain}`)
}

/** Whether `name` is in the excluded `domain`, or is a wildcard that stands for a name in it. */
function meets(domain: string, name: string): boolean {
  return isBelow(name, domain) || (name.startsWith('*.') && isBelow(domain, name.slice(2)))
}

function holdsAddress(network: Buffer, address: Uint8Array): boolean {
  if (network.length !== 2 * address.length) return false
  return address.every((octet, at) => (octet & (network[address.length + at] ?? 0)) === (network[at] ?? 0))
}
