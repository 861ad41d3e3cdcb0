/**
 * The absolute-form request target of plain proxying (RFC 9112 §3.2.2): `http://authority/path?query`, taken apart.
 *
 * The acceptor reads the first one on a connection, the worker every later one: each may name another origin. Pure; no thread
 * of its own.
 */

import { CONNECT_VIOLATIONS } from '../violations/connect.ts'
import type { Violation } from '../violations/violation.ts'
import { parseAuthority } from './authority.ts'

const HTTP_PORT = 80
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//
const AUTHORITY_END = /[/?#]/

export interface AbsoluteTarget {
  /** The authority as the client wrote it: the value of the Host field that is forwarded (RFC 9112 §3.2.2). */
  readonly authority: string
  /** Canonical, as in `Authority`. */
  readonly host: string
  readonly port: number
  /** The origin-form to forward (RFC 9112 §3.2.1), or `*` (§3.2.4). */
  readonly path: string
}

/** Whether a target is in absolute-form, of whatever scheme. */
export function isAbsoluteForm(target: string): boolean {
  return SCHEME.test(target)
}

/** Parses `target`, the target of a request with `method`. */
export function parseAbsoluteForm(method: string, target: string): AbsoluteTarget | Violation {
  const scheme = SCHEME.exec(target)
  if (scheme === null) return CONNECT_VIOLATIONS.connect_bad_target
  const name = (scheme[1] as string).toLowerCase()
  if (name === 'https') return CONNECT_VIOLATIONS.connect_https_absolute_form
  if (name !== 'http') return CONNECT_VIOLATIONS.connect_unsupported_scheme
  // A fragment is no part of an absolute-URI (RFC 3986 §4.3): where one reader sees it, another sees a path.
  if (target.includes('#')) return CONNECT_VIOLATIONS.connect_bad_target
  const after = target.slice(scheme[0].length)
  const end = AUTHORITY_END.exec(after)?.index ?? after.length
  const authority = after.slice(0, end)
  const parsed = parseAuthority(authority, HTTP_PORT)
  if ('code' in parsed) return parsed
  return { authority, host: parsed.host, port: parsed.port, path: originForm(method, after.slice(end)) }
}

function originForm(method: string, path: string): string {
  // RFC 9112 §3.2.4: OPTIONS for a server as a whole has no path in absolute-form, and becomes `*` at the last proxy.
  if (path === '') return method === 'OPTIONS' ? '*' : '/'
  return path.startsWith('?') ? `/${path}` : path
}
