/**
 * The one spelling of a host that policy compares: lower case, A-labels, without brackets and without the root's dot.
 *
 * Names are compared, not resolved. A host that spells an IP address in another way is the address (`ip-address.ts`).
 * No thread of its own.
 */

import { domainToASCII } from 'node:url'
import { isAscii } from '../../bytes/ascii.ts'

const DOT = 0x2e

export function canonicalHost(host: string): string {
  let name = host.toLowerCase()
  if (name.startsWith('[') && name.endsWith(']')) name = name.slice(1, -1)
  // RFC 1034 §3.1: `example.com.` is the same name, absolutely written.
  while (name.length > 1 && name.charCodeAt(name.length - 1) === DOT) name = name.slice(0, -1)
  return isAscii(name) ? name : domainToASCII(name) || name
}
