/**
 * IP addresses as text: one canonical spelling for every spelling that a resolver would read as the same address.
 *
 * Policy, the self-target guard and the connect itself must all mean the same address, so a target is brought into this form
 * once, where it is parsed. Pure; no thread of its own.
 *
 *     127.0.0.1   127.1   2130706433   0x7f.0.0.1   0177.0.0.1   ::ffff:127.0.0.1   ::ffff:7f00:1     →  127.0.0.1
 *     ::1   0:0:0:0:0:0:0:1   ::0001                                                                  →  ::1
 */

import { isIPv6 } from 'node:net'
import { IPV6_TEXT_MAX_BYTES } from '../limits/connect.ts'

const IPV4_PARTS_MAX = 4
const OCTET_MAX = 0xff
const ADDRESS_MAX = 0xffff_ffff
const NUMERIC_LABEL = /^(?:[0-9]+|0[xX][0-9a-fA-F]*)$/
const MAPPED_IPV4 = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

/**
 * Whether a host must be an IPv4 address or nothing: its last label is a number (WHATWG URL, "ends in a number"). No top-level
 * domain is (RFC 1123 §2.1), and resolvers read such names as addresses.
 */
export function endsInNumber(host: string): boolean {
  return NUMERIC_LABEL.test(host.slice(host.lastIndexOf('.') + 1))
}

/**
 * An IPv4 address, as a number, in any spelling of inet_aton(3): one to four parts, each decimal, octal (`0…`) or hexadecimal
 * (`0x…`), the last filling what is left. `undefined` for anything else.
 */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split('.', IPV4_PARTS_MAX + 1)
  if (parts.length > IPV4_PARTS_MAX) return undefined
  let address = 0
  for (let i = 0; i < parts.length; i++) {
    const number = ipv4Part(parts[i] as string)
    const isLast = i === parts.length - 1
    if (number === undefined || number > (isLast ? ADDRESS_MAX / 256 ** i : OCTET_MAX)) return undefined
    address += isLast ? number : number * 256 ** (IPV4_PARTS_MAX - 1 - i)
  }
  return address
}

/** The dotted decimal form of an IPv4 address in any of these spellings. */
export function canonicalIpv4(text: string): string | undefined {
  const address = ipv4Number(text)
  if (address === undefined) return undefined
  return `${address >>> 24}.${(address >>> 16) & OCTET_MAX}.${(address >>> 8) & OCTET_MAX}.${address & OCTET_MAX}`
}

/**
 * The RFC 5952 form of an IPv6 address without brackets or zone id; the dotted form of the IPv4 address if it maps one
 * (RFC 4291 §2.5.5.2), because that is where the packets go. `undefined` for anything else.
 */
export function canonicalIpv6(text: string): string | undefined {
  if (text.length > IPV6_TEXT_MAX_BYTES || text.includes('%') || !isIPv6(text)) return undefined
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const mapped = MAPPED_IPV4.exec(canonical)
  if (mapped === null) return canonical
  const high = Number.parseInt(mapped[1] as string, 16)
  const low = Number.parseInt(mapped[2] as string, 16)
  return `${high >>> 8}.${high & OCTET_MAX}.${low >>> 8}.${low & OCTET_MAX}`
}

/** The canonical form of an address in any spelling, brackets and zone id allowed; `undefined` if `text` is a name. */
export function canonicalAddress(text: string): string | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const zone = bare.indexOf('%')
  if (bare.includes(':')) return canonicalIpv6(zone === -1 ? bare : bare.slice(0, zone))
  return endsInNumber(bare) ? canonicalIpv4(bare) : undefined
}

function ipv4Part(text: string): number | undefined {
  // `0x` alone is zero to some readers and an error to others, `08` likewise: refuse what cannot be agreed on.
  if (/^0[xX][0-9a-fA-F]{1,10}$/.test(text)) return Number.parseInt(text, 16)
  if (/^0[0-7]{0,12}$/.test(text)) return Number.parseInt(text, 8)
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number.parseInt(text, 10)
  return undefined
}
