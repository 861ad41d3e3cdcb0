/**
 * Host patterns as users write them, told apart by their form.
 *
 *     example.com                 exact
 *     .example.com                the name and every name below it
 *     *.example.com               every name below it, at any depth
 *     api-*.example.com   *       glob: `*` is any run of characters, dots included; `?` is any one
 *     192.0.2.1   10.0.0.0/8      address or CIDR block, IPv4 and IPv6
 *
 * No thread of its own.
 */

import { ConfigError } from '../../options/problems/config-error.ts'
import { canonicalHost } from './host-name.ts'
import { type IpPrefix, parseIpPrefix } from './ip-prefix.ts'

export type HostPattern =
  | { readonly kind: 'exact'; readonly name: string }
  | { readonly kind: 'suffix'; readonly name: string; readonly includesName: boolean }
  | { readonly kind: 'glob'; readonly pattern: string }
  | { readonly kind: 'prefix'; readonly prefix: IpPrefix }

/** RFC 1035 §2.3.4: 255 octets on the wire are 253 characters of text. */
const MAX_NAME_LENGTH = 253
const MAX_LABEL_LENGTH = 63
const FORMS = 'write a host name, .suffix, *.suffix, a glob, an IP address or a CIDR block'

/** Throws a ConfigError without a path for a text that is none of the forms. */
export function parseHostPattern(text: string): HostPattern {
  const plain = plainPattern(text)
  if (plain !== undefined) return plain
  if (text.includes('://')) throw ConfigError.of(`"${text}" is a URL`, 'give the host alone')
  if (looksLikeAddress(text)) return { kind: 'prefix', prefix: parseIpPrefix(text) }
  if (text.includes('/')) throw ConfigError.of(`"${text}" has a path`, 'give the host alone')
  if (/^[^:]+:\d+$/.test(text)) throw ConfigError.of(`"${text}" has a port`, 'give the host alone and the port in match.port')
  const mixed = text.split('.').find((label) => hasWildcard(label) && NOT_ASCII.test(label))
  if (mixed !== undefined)
    throw ConfigError.of(`"${mixed}" mixes a wildcard with letters that DNS encodes as a whole`, 'write the label in full')
  const name = canonicalHost(text)
  if (name.length === 0 || name.length > MAX_NAME_LENGTH || !/^[a-z0-9._*?-]+$/.test(name)) {
    throw ConfigError.of(`"${text}" is not a host pattern`, FORMS)
  }
  if (name.startsWith('.')) return { kind: 'suffix', name: plainName(name.slice(1), text), includesName: true }
  if (name.startsWith('*.') && !hasWildcard(name.slice(2))) {
    return { kind: 'suffix', name: plainName(name.slice(2), text), includesName: false }
  }
  return hasWildcard(name) ? { kind: 'glob', pattern: name.replace(/\*+/g, '*') } : { kind: 'exact', name: plainName(name, text) }
}

const NOT_ASCII = /[^\x20-\x7e]/
const HYPHEN = 0x2d
const DOT = 0x2e
const UNDERSCORE = 0x5f

/** A name or suffix that is spelt canonically, as nearly all of a long list are: one look at each character. Undefined: look closer. */
function plainPattern(text: string): HostPattern | undefined {
  const start = text.startsWith('*.') ? 2 : text.startsWith('.') ? 1 : 0
  if (text.length > MAX_NAME_LENGTH) return undefined
  let label = 0
  let isNumeric = true
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === DOT) {
      if (label === 0) return undefined
      label = 0
      continue
    }
    const isDigit = code >= 0x30 && code <= 0x39
    if (!isDigit && !(code >= 0x61 && code <= 0x7a) && code !== HYPHEN && code !== UNDERSCORE) return undefined
    if (!isDigit) isNumeric = false
    if (++label > MAX_LABEL_LENGTH) return undefined
  }
  // An empty label at the end is the root's; digits alone are an address.
  if (label === 0 || isNumeric) return undefined
  if (start === 0) return { kind: 'exact', name: text }
  return { kind: 'suffix', name: text.slice(start), includesName: start === 1 }
}

/** Something with colons or a prefix length, or that ends in a number as no name may (WHATWG URL §3.5). */
function looksLikeAddress(text: string): boolean {
  if (hasWildcard(text)) return false
  return /^[\d.]+(\/.*)?$/.test(text) || /^\[?[0-9a-fA-F]*:[0-9a-fA-F]*:/.test(text)
}

function hasWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?')
}

function plainName(name: string, text: string): string {
  if (hasWildcard(name))
    throw ConfigError.of(`"${text}" mixes a leading dot and wildcards`, 'write *.suffix, or a glob without the leading dot')
  if (name.split('.').some((label) => label.length === 0 || label.length > MAX_LABEL_LENGTH)) {
    throw ConfigError.of(`"${text}" has an empty or over-long label`, FORMS)
  }
  return name
}
