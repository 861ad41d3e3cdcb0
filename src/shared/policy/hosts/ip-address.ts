/**
 * IP addresses as numbers: text in, 16-bit words out. IPv4 is two words, IPv6 eight.
 *
 *     192.0.2.1        c000 0201
 *     2001:db8::1      2001 0db8 0000 0000 0000 0000 0000 0001
 *     ::ffff:192.0.2.1 c000 0201        IPv4-mapped (RFC 4291 §2.5.5.2) is the IPv4 address it stands for
 *
 * `parseHostAddress` also reads the forms that `getaddrinfo` takes for IPv4 (`0x7f.1`, `017700000001`, `2130706433`; WHATWG URL
 * §3.5 "ends in a number"): a rule for 127.0.0.0/8 must hold for every spelling that reaches it. No thread of its own.
 */

import { isIPv4, isIPv6 } from 'node:net'
import { ipv4Number } from '../../targets/ip-address.ts'

/** Two words: IPv4. Eight: IPv6. In network order. */
export type IpWords = readonly number[]

/** An address in its standard text form, `[v6]` and a zone id (`%eth0`) allowed; undefined for anything else. */
export function parseIpAddress(text: string): IpWords | undefined {
  if (isIPv4(text)) return packIpv4(text.split('.').map(Number))
  const zone = text.indexOf('%')
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : zone < 0 ? text : text.slice(0, zone)
  return isIPv6(bare) ? parseIpv6(bare) : undefined
}

/** The octets of an address in network order: 4 or 16. */
export function addressOctets(words: IpWords): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

/** As `parseIpAddress`, and every IPv4 spelling that a resolver would take without asking DNS. */
export function parseHostAddress(host: string): IpWords | undefined {
  const lastLabel = host.charCodeAt(host.lastIndexOf('.') + 1)
  const endsInNumber = lastLabel >= 0x30 && lastLabel <= 0x39
  if (!endsInNumber) return host.includes(':') ? parseIpAddress(host) : undefined
  return parseIpAddress(host) ?? parseLooseIpv4(host)
}

function packIpv4(octets: readonly number[]): IpWords {
  const [a = 0, b = 0, c = 0, d = 0] = octets
  return [a * 256 + b, c * 256 + d]
}

function parseLooseIpv4(host: string): IpWords | undefined {
  const address = ipv4Number(host)
  return address === undefined ? undefined : [address >>> 16, address & 0xffff]
}

/** All eight words of a valid IPv6 address (`isIPv6` has said so) without brackets or zone id, mapped or not. */
export function ipv6Words(text: string): IpWords {
  const [head = '', tail] = text.split('::')
  const left = wordsOf(head)
  const right = tail === undefined ? [] : wordsOf(tail)
  const zeros = new Array<number>(8 - left.length - right.length).fill(0)
  return [...left, ...zeros, ...right]
}

function parseIpv6(text: string): IpWords {
  const words = ipv6Words(text)
  const mapped = words[5] === 0xffff && words.slice(0, 5).every((word) => word === 0)
  return mapped ? words.slice(6) : words
}

function wordsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => (group.includes('.') ? packIpv4(group.split('.').map(Number)) : [Number.parseInt(group, 16)]))
}
