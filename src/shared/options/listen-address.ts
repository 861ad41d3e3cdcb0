/**
 * Listen addresses as users write them: `host:port`, `[v6]:port`, `:port`, a bare port, or `unix:/path`.
 *
 *     127.0.0.1:8080   localhost:8080   [::1]:8080      one interface
 *     :8080                                             every interface
 *     8080                                              127.0.0.1, the interface that needs no thought
 *     unix:/run/soth.sock                               a Unix-domain socket
 *
 * Port 0 lets the system choose. Text in, value out: nothing is resolved or opened. No thread of its own.
 */

import { formatAuthority } from '../targets/authority.ts'
import { ConfigError } from './problems/config-error.ts'

/** `host` undefined: every interface, IPv6 and IPv4, as `net.Server.listen` does without a host. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string | undefined; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** `sun_path` holds 108 octets on Linux and 104 on macOS, the closing NUL included. */
export const MAX_UNIX_PATH_BYTES = 103
const FORMS = 'write host:port, [v6]:port, :port or unix:/path'

/** Throws a ConfigError without a path for a text that is none of the forms. */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return parseUnixPath(text.slice('unix:'.length))
  if (/^\d+$/.test(text)) return { kind: 'tcp', host: '127.0.0.1', port: parsePort(text) }
  const colon = text.lastIndexOf(':')
  if (colon < 0) throw ConfigError.of(`"${text}" has no port`, FORMS)
  const host = text.slice(0, colon)
  const port = parsePort(text.slice(colon + 1))
  if (host === '') return { kind: 'tcp', host: undefined, port }
  if (host.startsWith('[') && host.endsWith(']')) return { kind: 'tcp', host: host.slice(1, -1), port }
  if (host.includes(':')) throw ConfigError.of(`"${text}" is an IPv6 address without brackets`, 'write [v6]:port')
  if (/[\s/[\]@]/.test(host)) throw ConfigError.of(`"${text}" is not a listen address`, FORMS)
  return { kind: 'tcp', host, port }
}

/** The spelling that `parseListenAddress` reads back. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return formatAuthority(address.host ?? '', address.port)
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw ConfigError.of(`"${text}" is not a port`, 'use a number from 0 to 65535 (0: the system chooses)')
  return port
}

function parseUnixPath(path: string): ListenAddress {
  if (path === '') throw ConfigError.of('the Unix socket has no path', FORMS)
  if (Buffer.byteLength(path) > MAX_UNIX_PATH_BYTES) {
    throw ConfigError.of(`the Unix socket path has more than ${MAX_UNIX_PATH_BYTES} octets`, 'choose a shorter path')
  }
  return { kind: 'unix', path }
}
