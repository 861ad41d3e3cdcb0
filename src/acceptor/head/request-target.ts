/**
 * What the first request asks of the proxy: its target resolved by form, and the rules that tie target, Host and framing
 * fields together (RFC 9112 §3.2, §3.3; RFC 9110 §7.2, §9.3.6). Pure. Main thread.
 *
 * Host, by form:
 *   - any: more than one Host line, or a value that is no authority, is refused (RFC 9112 §3.2).
 *   - connect: Host may be absent or differ. It is read by nobody: the tunnel goes where the target says, and the head is not
 *     forwarded. Clients do leave it out (`CONNECT abc:443`, then User-Agent alone), or send it without the port.
 *   - plain: an HTTP/1.1 request must have it; its value is ignored and replaced by the target's authority (§3.2.2).
 *   - local: an HTTP/1.1 request must have it.
 */

import type { FieldSection } from '../../shared/http/field-section.ts'
import { isAbsoluteForm, parseAbsoluteForm } from '../../shared/targets/absolute-form.ts'
import { parseAuthority } from '../../shared/targets/authority.ts'
import { CONNECT_VIOLATIONS as violations } from '../../shared/violations/connect.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import type { HeadKind } from './parsed-head.ts'

/** Only to have a default: the port of a Host field is not used. */
const HOST_FIELD_PORT = 80

export interface ResolvedTarget {
  readonly kind: HeadKind
  readonly host: string
  readonly port: number
  readonly path: string
}

export function resolveTarget(method: string, target: string, version: 10 | 11, fields: FieldSection): ResolvedTarget | Violation {
  const resolved = method === 'CONNECT' ? resolveConnect(target) : resolveRequest(method, target)
  if ('code' in resolved) return resolved
  const hostViolation = checkHost(resolved.kind, version, fields)
  if (hostViolation !== undefined) return hostViolation
  if (resolved.kind === 'connect' && announcesContent(fields)) return violations.connect_content
  return resolved
}

/** authority-form, the only form that CONNECT takes (RFC 9112 §3.2.3). */
function resolveConnect(target: string): ResolvedTarget | Violation {
  if (isAbsoluteForm(target) || target.includes('/') || target === '*') return violations.connect_bad_authority
  const authority = parseAuthority(target, 0)
  return 'code' in authority ? authority : { kind: 'connect', host: authority.host, port: authority.port, path: '' }
}

function resolveRequest(method: string, target: string): ResolvedTarget | Violation {
  if (target.startsWith('/')) {
    // No fragment in origin-form (RFC 9112 §3.2.1).
    return target.includes('#') ? violations.connect_bad_target : { kind: 'local', host: '', port: 0, path: target }
  }
  // RFC 9112 §3.2.4: asterisk-form is for OPTIONS only.
  if (target === '*') return method === 'OPTIONS' ? { kind: 'local', host: '', port: 0, path: '*' } : violations.connect_bad_target
  const absolute = parseAbsoluteForm(method, target)
  return 'code' in absolute ? absolute : { kind: 'plain', host: absolute.host, port: absolute.port, path: absolute.path }
}

function checkHost(kind: HeadKind, version: 10 | 11, fields: FieldSection): Violation | undefined {
  const line = fields.find('host')
  if (line === -1) return version === 11 && kind !== 'connect' ? violations.connect_host_missing : undefined
  if (fields.find('host', line + 1) !== -1) return violations.connect_host_repeated
  const value = fields.value(line)
  // An empty value is legal: the client's target URI had no authority (RFC 9110 §7.2).
  if (value === '') return undefined
  return 'code' in parseAuthority(value, HOST_FIELD_PORT) ? violations.connect_host_invalid : undefined
}

/**
 * A CONNECT request has no content (RFC 9110 §9.3.6): octets after the head are the tunnel's. A reader that believed the framing
 * fields would see a body instead, so they are refused, but for the `Content-Length: 0` of WinINet, on which all readers agree.
 */
function announcesContent(fields: FieldSection): boolean {
  if (fields.find('transfer-encoding') !== -1) return true
  for (let line = fields.find('content-length'); line !== -1; line = fields.find('content-length', line + 1)) {
    if (fields.value(line) !== '0') return true
  }
  return false
}
