/**
 * IP prefixes (CIDR blocks, RFC 4632 §3.1): parsing, and whether an address lies within. No thread of its own.
 */

import { ConfigError } from '../../options/problems/config-error.ts'
import { type IpWords, parseIpAddress } from './ip-address.ts'

export interface IpPrefix {
  /** The address with every bit behind `length` cleared. */
  readonly words: IpWords
  /** Bits that count: 0–32 for IPv4, 0–128 for IPv6. */
  readonly length: number
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Throws a ConfigError for anything else, and for host bits that are set. */
export function parseIpPrefix(text: string): IpPrefix {
  const slash = text.indexOf('/')
  const words = parseIpAddress(slash < 0 ? text : text.slice(0, slash))
  if (words === undefined)
    throw ConfigError.of(`"${text}" is not an IP address or CIDR block`, 'write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32')
  const bits = words.length * 16
  if (slash < 0) return { words, length: bits }
  const size = text.slice(slash + 1)
  // A mapped prefix (::ffff:192.0.2.0/120) is written with IPv6's length and kept with IPv4's.
  const length = (/^\d{1,3}$/.test(size) ? Number(size) : Number.NaN) - (bits === 32 && text.includes(':') ? 96 : 0)
  if (!(length >= 0 && length <= bits)) throw ConfigError.of(`"/${size}" is not a prefix length`, `use a number from 0 to ${bits}`)
  const masked = maskWords(words, length)
  if (masked.some((word, at) => word !== words[at])) {
    throw ConfigError.of(`"${text}" has bits set behind its prefix length`, 'clear them, or write the address without a length')
  }
  return { words: masked, length }
}

export function prefixContains(prefix: IpPrefix, address: IpWords): boolean {
  const { words, length } = prefix
  if (words.length !== address.length) return false
  for (let at = 0; at < words.length; at++) if (((address[at] ?? 0) & wordMask(length, at)) !== words[at]) return false
  return true
}

/** `words` with every bit behind the first `length` cleared. */
export function maskWords(words: IpWords, length: number): IpWords {
  return words.map((word, at) => word & wordMask(length, at))
}

/** The bits of word `at` that lie within a prefix of `length`. */
export function wordMask(length: number, at: number): number {
  const bits = Math.min(16, Math.max(0, length - at * 16))
  return 0xffff & (0xffff << (16 - bits))
}
