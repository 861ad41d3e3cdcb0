/**
 * Whether the octets of a Host field, or of an authority-form target, are a host with an optional port. Worker thread.
 *
 *     Host = uri-host [ ":" port ]         (RFC 9110 §7.2, RFC 3986 §3.2.2)
 *     uri-host = "[" IPv6address "]" / reg-name
 */

import { COLON, DIGIT, HEX, HOST, OCTET_CLASS } from './octet-class.ts'

const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const DOT = 0x2e

/**
 * An empty host is valid: it is what a client sends where the target URI has no authority (RFC 9112 §3.2). User information,
 * paths and whitespace are not, since readers differ in what they take as the host then.
 */
export function isHostWithPort(bytes: Uint8Array, start: number, end: number): boolean {
  const hostEnd = bytes[start] === OPEN_BRACKET && start < end ? literalEnd(bytes, start, end) : nameEnd(bytes, start, end)
  if (hostEnd === -1) return false
  if (hostEnd === end) return true
  if (bytes[hostEnd] !== COLON) return false
  return spanEnd(bytes, hostEnd + 1, end, DIGIT) === end
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  return spanEnd(bytes, start, end, HOST)
}

/** The end of `[IPv6]`: the address is not parsed, only its alphabet is checked. */
function literalEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  while (at < end && isAddressOctet(bytes[at] as number)) at++
  return at > start + 1 && at < end && bytes[at] === CLOSE_BRACKET ? at + 1 : -1
}

function isAddressOctet(octet: number): boolean {
  return octet === COLON || octet === DOT || ((OCTET_CLASS[octet] as number) & HEX) !== 0
}

function spanEnd(bytes: Uint8Array, start: number, end: number, bits: number): number {
  let at = start
  while (at < end && ((OCTET_CLASS[bytes[at] as number] as number) & bits) !== 0) at++
  return at
}
