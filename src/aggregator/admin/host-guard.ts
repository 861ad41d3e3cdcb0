/**
 * HostGuard: whether the admin server answers to a Host header. Pure. Aggregator thread.
 *
 * DNS rebinding: a page of `attacker.example` makes its own name resolve to 127.0.0.1 and then reads from our port as from
 * its own origin. The browser still sends the page's name in Host, so a server that answers only to names it knows gives
 * nothing away. An IP literal is no such name: a page can have the origin `http://192.0.2.7:9090` only by having been served
 * from that address. A request without Host comes from no browser (HTTP/1.0 health checks); HTTP/1.1 must have one.
 *
 * Syntax: RFC 9110 §7.2, `Host = uri-host [ ":" port ]`; more than one is an error (RFC 9112 §3.2).
 */

import { isIP } from 'node:net'
import { isAbsoluteForm, parseAbsoluteForm } from '../../shared/targets/absolute-form.ts'

export type HostVerdict = 'allowed' | 'malformed' | 'unknown'

/** `[v6]`, or a name or IPv4 address; then an optional port. */
const HOST = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_.-]{1,253}))(?::[0-9]{1,5})?$/i

export class HostGuard {
  readonly #names: ReadonlySet<string>

  /** `names`: configured hosts, beside `localhost` and IP literals. A port in them is of no account. */
  constructor(names: readonly string[]) {
    this.#names = new Set(['localhost', ...names.map(normalize)])
  }

  /**
   * `values` are the values of all Host fields of a request of HTTP version `1.0` or `1.1`. The authority of a target in absolute-form
   * counts in their place (RFC 9112 §3.2.2), but excuses none that is malformed.
   */
  check(values: readonly string[], httpVersion: string, target = '/'): HostVerdict {
    const verdict = values.length === 0 && httpVersion === '1.0' ? 'allowed' : this.#judge(values)
    if (verdict === 'malformed' || !isAbsoluteForm(target)) return verdict
    const parsed = parseAbsoluteForm('', target)
    return 'authority' in parsed ? this.#judge([parsed.authority]) : 'malformed'
  }

  #judge(values: readonly string[]): HostVerdict {
    const match = values.length === 1 ? HOST.exec(values[0] ?? '') : null
    if (match === null) return 'malformed'
    const [, v6, name] = match
    if (v6 !== undefined) return isIP(v6) === 6 ? 'allowed' : 'malformed'
    const host = normalize(name ?? '')
    return isIP(host) === 4 || this.#names.has(host) || host.endsWith('.localhost') ? 'allowed' : 'unknown'
  }
}

/** Lower case, without port and without the root's dot. */
function normalize(host: string): string {
  return host
    .toLowerCase()
    .replace(/:[0-9]+$/, '')
    .replace(/\.$/, '')
}
