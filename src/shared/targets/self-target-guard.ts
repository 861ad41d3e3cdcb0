/**
 * SelfTargetGuard: whether a target is this proxy: one of its own listeners, or its admin server.
 *
 * A request through the proxy to the proxy would loop, and one to the admin port would reach what only the machine itself may
 * reach. Asked twice: for the target as parsed, and for the address that its name has resolved to (a public name may point at
 * 127.0.0.1), so it is shared: the acceptor asks first, the worker last. Pure; no thread of its own.
 *
 * A port of ours on *any* address of this machine counts, whichever address the listener is bound to: wildcards, mapped
 * addresses and routing make the exact question hard, a wrong yes costs one refusal that says why, a wrong no costs a loop.
 */

import { canonicalAddress } from './ip-address.ts'

/** Names for loopback that never ask the DNS (RFC 6761 §6.3), or that /etc/hosts of common systems has. */
const LOOPBACK_NAMES = new Set(['localhost', 'localhost.localdomain', 'localhost4', 'localhost6', 'ip6-localhost', 'ip6-loopback'])
const LOOPBACK_SUFFIX = '.localhost'
/** 127.0.0.0/8 (RFC 1122 §3.2.1.3 g), as canonical text. */
const LOOPBACK_IPV4_PREFIX = '127.'
/** Loopback, and the unspecified addresses: connecting to those reaches this machine on Linux and macOS. */
const LOCAL_ADDRESSES = ['::1', '0.0.0.0', '::']
/** IPv4-compatible and translated forms of an IPv4 address (RFC 4291 §2.5.5.1, RFC 2765 §2.1), as canonical text. */
const EMBEDDED_IPV4 = /^::(?:ffff:0:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

export class SelfTargetGuard {
  readonly #ports: ReadonlySet<number>
  readonly #addresses: ReadonlySet<string>
  readonly #names: ReadonlySet<string>

  /**
   * `ports`: every TCP port that the proxy and its admin server listen on. `machineAddresses`: the addresses of this machine's
   * interfaces. `machineNames`: names that mean this machine (its host name), beside the loopback ones.
   */
  constructor(ports: Iterable<number>, machineAddresses: Iterable<string>, machineNames: Iterable<string> = []) {
    this.#ports = new Set(ports)
    const addresses = new Set(LOCAL_ADDRESSES)
    for (const address of machineAddresses) {
      const canonical = canonicalAddress(address)
      if (canonical !== undefined) addresses.add(canonical)
    }
    this.#addresses = addresses
    this.#names = new Set([...LOOPBACK_NAMES, ...Array.from(machineNames, normaliseName)])
  }

  /** Before resolution: whether `host` (a name, or an address in any spelling) and `port` are this proxy. */
  isSelf(host: string, port: number): boolean {
    if (!this.#ports.has(port)) return false
    const name = normaliseName(host)
    if (this.#names.has(name) || name.endsWith(LOOPBACK_SUFFIX)) return true
    return this.#isLocalAddress(name)
  }

  /** After resolution: whether `address`, as the resolver gave it, and `port` are this proxy. */
  isSelfAddress(address: string, port: number): boolean {
    return this.#ports.has(port) && this.#isLocalAddress(address)
  }

  #isLocalAddress(text: string): boolean {
    const address = canonicalAddress(text)
    if (address === undefined) return false
    if (address.startsWith(LOOPBACK_IPV4_PREFIX) || this.#addresses.has(address)) return true
    const embedded = embeddedIpv4(address)
    return embedded !== undefined && (embedded.startsWith(LOOPBACK_IPV4_PREFIX) || this.#addresses.has(embedded))
  }
}

function normaliseName(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
}

function embeddedIpv4(address: string): string | undefined {
  const halves = EMBEDDED_IPV4.exec(address)
  return halves === null ? undefined : canonicalAddress(`::ffff:${halves[1]}:${halves[2]}`)
}
