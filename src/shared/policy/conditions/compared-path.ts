/**
 * comparedPath: the one spelling of a request target that rules compare, so that nobody walks around a rule by another one. Pure; no
 * thread of its own.
 *
 *     /%76%31/x         /v1/x      octets that need no encoding are decoded (RFC 3986 §6.2.2.2)
 *     /a%2fb            /a%2Fb     all others stay encoded, in upper case (§6.2.2.1)
 *     /a/./b/../c?d=.   /a/c?d=.   dot segments are resolved (§5.2.4), encoded ones as well
 *     http://h/a        /a         absolute-form (RFC 9112 §3.2.2): path and query
 *
 * What RFC 3986 has as different stays different: letter case, `//`, a slash at the end. What is forwarded is the target as it was sent.
 */

const UNRESERVED = /[A-Za-z0-9._~-]/
const ENCODED = /%[0-9a-fA-F]{2}/g
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/

export function comparedPath(target: string): string {
  // Nearly all targets are in this spelling already.
  const isOrigin = target.startsWith('/')
  if (isOrigin && !target.includes('%') && !target.includes('/.')) return target
  const path = isOrigin ? target : withoutAuthority(target)
  const decoded = path.includes('%') ? path.replace(ENCODED, normalOctet) : path
  if (!decoded.startsWith('/') || !decoded.includes('/.')) return decoded
  const query = decoded.indexOf('?')
  return query < 0 ? withoutDots(decoded) : withoutDots(decoded.slice(0, query)) + decoded.slice(query)
}

function withoutAuthority(target: string): string {
  const [head] = ABSOLUTE.exec(target) ?? []
  if (head === undefined) return target
  const path = target.slice(head.length)
  return path.startsWith('/') ? path : `/${path}`
}

function normalOctet(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return UNRESERVED.test(character) ? character : encoded.toUpperCase()
}

/** RFC 3986 §5.2.4, of a path that begins with a slash. */
function withoutDots(path: string): string {
  const segments: string[] = []
  const parts = path.split('/').slice(1)
  for (const [n, part] of parts.entries()) {
    const isLast = n === parts.length - 1
    if (part === '..') segments.pop()
    if (part !== '.' && part !== '..') segments.push(part)
    // `/a/..` and `/a/.` name the directory: the slash stays.
    else if (isLast) segments.push('')
  }
  return `/${segments.join('/')}`
}
