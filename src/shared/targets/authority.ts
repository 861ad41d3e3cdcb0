/**
 * Authority: the `host [ ":" port ]` of a CONNECT target, an absolute-form target or a Host field (RFC 9110 §4.2, §9.3.6).
 *
 * Parsed into one canonical form, so that no two readers in the engine (policy, guard, resolver, leaf cache) can understand a
 * target differently. Pure; no thread of its own.
 *
 *     Example.COM.:443   →  host example.com   port 443
 *     [2001:DB8::1]:443  →  host 2001:db8::1   port 443     (brackets are the authority's, not the address's)
 *     0x7f.1:8443        →  host 127.0.0.1     port 8443
 */

import { HOST_LABEL_MAX_BYTES, HOST_MAX_BYTES } from '../limits/connect.ts'
import { CONNECT_VIOLATIONS } from '../violations/connect.ts'
import type { Violation } from '../violations/violation.ts'
import { canonicalIpv4, canonicalIpv6, endsInNumber } from './ip-address.ts'

const PORT = /^0*([1-9][0-9]{0,4})$/
const PORT_MAX = 65_535
/** Letters, digits, hyphens, and the underscore that real names contain (RFC 8552 §1.2); no reg-name punctuation, no `%`. */
const LABEL = /^[a-z0-9_-]+$/

export interface Authority {
  /** Canonical: a lower-case name without its trailing dot, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Parses `text`. `defaultPort` 0 means that a port must be given: CONNECT has no default, and a server must reject an empty or
 * invalid port (RFC 9110 §9.3.6).
 */
export function parseAuthority(text: string, defaultPort: number): Authority | Violation {
  if (text.includes('@')) return CONNECT_VIOLATIONS.connect_userinfo
  const hostEnd = text.startsWith('[') ? text.indexOf(']') + 1 : colonOrEnd(text)
  if (hostEnd === 0) return CONNECT_VIOLATIONS.connect_bad_host
  const host = canonicalHost(text.slice(0, hostEnd))
  if (typeof host !== 'string') return host
  if (hostEnd < text.length && text.charCodeAt(hostEnd) !== 0x3a) return CONNECT_VIOLATIONS.connect_bad_host
  const port = parsePort(text.slice(hostEnd + 1), defaultPort)
  return typeof port === 'number' ? { host, port } : port
}

/** `host:port`, an IPv6 address in brackets. */
export function formatAuthority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The canonical form of a host as it stands in an authority, or what is wrong with it. */
function canonicalHost(text: string): string | Violation {
  if (text.startsWith('[')) {
    if (text.includes('%')) return CONNECT_VIOLATIONS.connect_zone_id
    return canonicalIpv6(text.slice(1, -1)) ?? CONNECT_VIOLATIONS.connect_bad_host
  }
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase()
  if (name === '' || name.length > HOST_MAX_BYTES) return CONNECT_VIOLATIONS.connect_bad_host
  for (const label of name.split('.')) {
    if (label.length > HOST_LABEL_MAX_BYTES || !LABEL.test(label)) return CONNECT_VIOLATIONS.connect_bad_host
  }
  return endsInNumber(name) ? (canonicalIpv4(name) ?? CONNECT_VIOLATIONS.connect_bad_host) : name
}

function parsePort(text: string, defaultPort: number): number | Violation {
  // RFC 3986 §3.2.3: an empty port is the scheme's default one; without a default nothing is left to connect to.
  if (text === '') return defaultPort === 0 ? CONNECT_VIOLATIONS.connect_port_missing : defaultPort
  const digits = PORT.exec(text)?.[1]
  const port = digits === undefined ? 0 : Number(digits)
  return port >= 1 && port <= PORT_MAX ? port : CONNECT_VIOLATIONS.connect_bad_port
}

function colonOrEnd(text: string): number {
  const colon = text.indexOf(':')
  return colon === -1 ? text.length : colon
}
