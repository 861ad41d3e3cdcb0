/**
 * Which names a leaf carries: those that may be copied from the origin's certificate, and the requested host in front where they are
 * not for it already.
 *
 * A leaf with the origin's names alone tells nothing of who was asked for, and so serves all hosts that it is for: with one certificate
 * for `*.example.com` a second host below costs no mint.
 *
 * Everything an origin's certificate says is untrusted and may be absurd (10,000 names, wildcards on a public suffix, octets
 * that are no name): it is filtered to what RFC 5280 §4.2.1.6 and strict clients accept, and bounded. Pure. Worker thread.
 */

import { isIP, isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { isAscii } from '../../../shared/bytes/ascii.ts'
import {
  DNS_LABEL_LIMIT_CHARS,
  DNS_NAME_LIMIT_CHARS,
  LEAF_NAMES_LIMIT,
  LEAF_NAMES_LIMIT_BYTES,
  MIRROR_NAMES_SCANNED,
  SUBJECT_FIELD_LIMIT_CHARS,
} from '../../../shared/limits/certificates.ts'
import { addressOctets, ipv6Words, parseIpAddress } from '../../../shared/policy/hosts/ip-address.ts'
import type { AltName } from '../x509/certificate-builder.ts'
import type { CertificateFacts } from '../x509/certificate-reader.ts'

/** True for domains under which the public registers names (`com`, `co.uk`): no wildcard may stand on one. */
export type IsPublicSuffix = (domain: string) => boolean

/** False for names that the CA may not sign for (RFC 5280 §4.2.1.10): one such name spoils a certificate. */
export type IsAllowed = (name: AltName) => boolean

export interface LeafNames {
  readonly commonName: string | undefined
  readonly organization: string | undefined
  readonly altNames: readonly AltName[]
  /** DNS names of a leaf that has the origin's names alone; undefined where the requested host had to be added. */
  readonly shared: ReadonlySet<string> | undefined
}

/** A label that every verifier lets a wildcard stand for: OpenSSL lets it for no underscore, and A-labels are treated variously. */
const PLAIN_LABEL = /^(?!xn--)[a-z0-9-]+$/

/** Whether a certificate with the DNS names `names` is for `host`, an A-label name in lower case (RFC 9525 §6.3: `*` is one whole label). */
export function coversHost(names: ReadonlySet<string>, host: string): boolean {
  if (names.has(host)) return true
  const dot = host.indexOf('.')
  return dot > 0 && names.has(`*${host.slice(dot)}`) && PLAIN_LABEL.test(host.slice(0, dot))
}

/** The requested host as it stands in a certificate; undefined where it is no host name that DNS could hold. */
export function hostName(host: string): AltName | undefined {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (isIP(bare) !== 0) return { type: 'ip', address: requestedOctets(bare) }
  const undotted = bare.endsWith('.') ? bare.slice(0, -1) : bare
  const name = isAscii(undotted) ? undotted.toLowerCase() : domainToASCII(undotted)
  return isDnsName(name) ? { type: 'dns', name } : undefined
}

/** Names for a leaf that stands for no certificate of an origin. */
export function ownNames(requested: AltName): LeafNames {
  return { commonName: ownCommonName(requested), organization: undefined, altNames: [requested], shared: undefined }
}

/** Names for a leaf for `requested`, as like the origin's certificate as it can be; `requested` itself stands in it allowed or not. */
export function leafNames(
  requested: AltName,
  mirror: CertificateFacts | undefined,
  isPublicSuffix: IsPublicSuffix,
  isAllowed: IsAllowed,
): LeafNames {
  if (mirror === undefined) return ownNames(requested)
  const copied: AltName[] = []
  const seen = new Set<string>()
  let octets = nameOctets(requested)
  for (const offered of mirror.names(MIRROR_NAMES_SCANNED)) {
    if (copied.length === LEAF_NAMES_LIMIT - 1) break
    const name = copiedName(offered, isPublicSuffix)
    if (name === undefined || seen.has(nameKey(name)) || !isAllowed(name)) continue
    octets += nameOctets(name)
    if (octets > LEAF_NAMES_LIMIT_BYTES) break
    seen.add(nameKey(name))
    copied.push(name)
  }
  const isCovered = requested.type === 'dns' && coversHost(seen, requested.name)
  const altNames = isCovered ? copied : [requested, ...copied.filter((name) => nameKey(name) !== nameKey(requested))]
  return {
    commonName: copiedCommonName(mirror.commonName, isPublicSuffix, isAllowed) ?? ownCommonName(altNames[0] as AltName),
    organization: copiedField(mirror.organization),
    altNames,
    shared: isCovered ? seen : undefined,
  }
}

/** An address is no common name (certificates.md 7.3), and ub-common-name leaves long hosts out: their subject stays empty. */
function ownCommonName(requested: AltName): string | undefined {
  return requested.type === 'dns' && requested.name.length <= SUBJECT_FIELD_LIMIT_CHARS ? requested.name : undefined
}

/** A wildcard is held to the rules of a DNS name here too: clients that ask the common name first are the ones that know no others. */
function copiedCommonName(text: string | undefined, isPublicSuffix: IsPublicSuffix, isAllowed: IsAllowed): string | undefined {
  const field = copiedField(text)
  if (field === undefined || isIP(field) !== 0) return undefined
  const name = copiedName({ type: 'dns', name: field }, isPublicSuffix)
  if (name === undefined) return field.includes('*') ? undefined : field
  // OpenSSL holds a common name that looks like a host to the constraints too, where there is no DNS name.
  return isAllowed(name) ? field : undefined
}

function copiedName(name: AltName, isPublicSuffix: IsPublicSuffix): AltName | undefined {
  if (name.type === 'ip') return name.address.length === 4 || name.address.length === 16 ? name : undefined
  const text = name.name.toLowerCase()
  if (!text.startsWith('*.')) return isDnsName(text) ? { type: 'dns', name: text } : undefined
  const parent = text.slice(2)
  return isDnsName(parent) && parent.includes('.') && !isPublicSuffix(parent) ? { type: 'dns', name: text } : undefined
}

function copiedField(text: string | undefined): string | undefined {
  if (text === undefined || text.length === 0 || text.length > SUBJECT_FIELD_LIMIT_CHARS) return undefined
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const printable = code >= 0x20 && code !== 0x7f && code !== 0xfffd
    // Surrogates alone have no UTF-8 form; pairs do not matter enough in a name to tell them apart.
    if (!printable || (code >= 0xd800 && code <= 0xdfff)) return undefined
  }
  return text
}

/** Labels of letters, digits, `-` and `_` (which DNS holds though host names should not: RFC 2181 §11); no address in text. */
function isDnsName(name: string): boolean {
  if (name.length === 0 || name.length > DNS_NAME_LIMIT_CHARS || isIPv4(name)) return false
  let labelStart = 0
  for (let at = 0; at <= name.length; at++) {
    if (at === name.length || name.charCodeAt(at) === 0x2e) {
      if (at === labelStart || at - labelStart > DNS_LABEL_LIMIT_CHARS) return false
      labelStart = at + 1
    } else if (!isNameOctet(name.charCodeAt(at))) {
      return false
    }
  }
  return true
}

function isNameOctet(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f
}

function nameKey(name: AltName): string {
  return name.type === 'dns' ? name.name : Buffer.from(name.address).toString('hex')
}

function nameOctets(name: AltName): number {
  return name.type === 'dns' ? name.name.length : name.address.length
}

/** As it was asked for: an IPv4-mapped address stays one of 16 octets, which is what its client compares. */
function requestedOctets(address: string): Uint8Array {
  const zoneless = address.split('%', 1)[0] ?? address
  return addressOctets(isIPv6(zoneless) ? ipv6Words(zoneless) : (parseIpAddress(zoneless) ?? []))
}
