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

/** Two words: IPv4. Eight: IPv6. In network order. */
export type IpWords = readonly number[]

/** An address in its standard text form, `[v6]` and a zone id (`%eth0`) allowed; undefined for anything else. */
export function parseIpAddress(text: string): IpWords | undefined {
  if (isIPv4(text)) return packIpv4(text.split('.').map(Number))
  const zone = text.indexOf('%')
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : zone < 0 ? text : text.slice(0, zone)
  return isIPv6(bare) ? parseIpv6(bare) : undefined
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

/** One to four parts, each decimal, octal (`0…`) or hex (`0x…`); the last fills all octets that are left. */
function parseLooseIpv4(host: string): IpWords | undefined {
  const parts = host.split('.', 5)
  if (parts.length > 4) return undefined
  const values = parts.map(parseLooseNumber)
  const last = values.pop() ?? Number.NaN
  if (values.some((value) => !(value <= 255)) || !(last < 256 ** (4 - values.length))) return undefined
  const whole = values.reduce((sum, value, at) => sum + value * 256 ** (3 - at), last)
  return [Math.floor(whole / 65_536), whole % 65_536]
}

function parseLooseNumber(part: string): number {
  if (/^0x[0-9a-f]*$/.test(part)) return part.length === 2 ? 0 : Number(part)
  if (/^0[0-7]+$/.test(part)) return Number.parseInt(part, 8)
  return /^(0|[1-9]\d{0,9})$/.test(part) ? Number(part) : Number.NaN
}

/** `text` is a valid IPv6 address: `isIPv6` has said so. */
function parseIpv6(text: string): IpWords {
  const [head = '', tail] = text.split('::')
  const left = wordsOf(head)
  const right = tail === undefined ? [] : wordsOf(tail)
  const zeros = new Array<number>(8 - left.length - right.length).fill(0)
  const words = [...left, ...zeros, ...right]
  const mapped = words[5] === 0xffff && words.slice(0, 5).every((word) => word === 0)
  return mapped ? words.slice(6) : words
}

function wordsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => (group.includes('.') ? packIpv4(group.split('.').map(Number)) : [Number.parseInt(group, 16)]))
}
