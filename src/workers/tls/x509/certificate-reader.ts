/**
 * Reads what the engine needs from an X.509 certificate (RFC 5280 §4.1): subject, names and the CA extensions.
 *
 * Takes untrusted DER: what does not parse reads as absent. It does not verify anything; OpenSSL does. Node's own
 * `subjectAltName` text is not used, since its quoting is for people and it formats all of 10,000 names. Pure. Any thread.
 */

import {
  type DerElement,
  firstChild,
  nextSibling,
  readElement,
  TAG_BIT_STRING,
  TAG_BMP_STRING,
  TAG_BOOLEAN,
  TAG_IA5_STRING,
  TAG_INTEGER,
  TAG_OCTET_STRING,
  TAG_OID,
  TAG_PRINTABLE_STRING,
  TAG_SEQUENCE,
  TAG_SET,
  TAG_T61_STRING,
  TAG_UTF8_STRING,
  valueEquals,
} from './der-reader.ts'
import { NameConstraints } from './name-constraints.ts'

/** DER of 2.5.4.x (attribute types) and 2.5.29.x (extensions), less the last octet. */
const ATTRIBUTE = [0x55, 0x04]
const EXTENSION = [0x55, 0x1d]
const COMMON_NAME = 3
const ORGANIZATION = 10
const SUBJECT_KEY_IDENTIFIER = 14
const KEY_USAGE = 15
const SUBJECT_ALT_NAME = 17
const BASIC_CONSTRAINTS = 19
const NAME_CONSTRAINTS = 30
const EXTENDED_KEY_USAGE = 37

const DIGITAL_SIGNATURE = 0x80
const KEY_CERT_SIGN = 0x04

const SAN_DNS = 0x82
const SAN_IP = 0x87
/** id-kp-serverAuth 1.3.6.1.5.5.7.3.1 and anyExtendedKeyUsage 2.5.29.37.0 */
const SERVER_AUTH = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]
const ANY_PURPOSE = [0x55, 0x1d, 0x25, 0x00]
/** id-ecPublicKey 1.2.840.10045.2.1 */
const EC_PUBLIC_KEY = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]

export interface CertificateFacts {
  readonly subjectDer: Buffer
  readonly issuerDer: Buffer
  readonly commonName: string | undefined
  readonly organization: string | undefined
  /** keyIdentifier of the subjectKeyIdentifier extension, as stored. */
  readonly keyIdentifier: Buffer | undefined
  readonly isCa: boolean
  /** basicConstraints is there, and marked critical. */
  readonly isConstraintCritical: boolean
  /** undefined: no keyUsage extension. */
  readonly canSignCertificates: boolean | undefined
  /** digitalSignature of a keyUsage extension; undefined: none that can be read. */
  readonly canSign: boolean | undefined
  /** False only where an extendedKeyUsage extension leaves TLS servers out. */
  readonly allowsServerAuth: boolean
  /** An EC key whose parameters are no name (`specifiedCurve` of RFC 5480 §2.1.1). */
  readonly isCurveSpelledOut: boolean
  /** Walks the subjectAltName entries of type dNSName and iPAddress; stops after `limit` entries of any type. */
  names(limit: number): Generator<CertificateName>
  /** What a CA allows below it; everything where it says nothing. */
  nameConstraints(): NameConstraints
}

export type CertificateName = { readonly type: 'dns'; readonly name: string } | { readonly type: 'ip'; readonly address: Buffer }

/** Facts of one certificate, or undefined where the bytes are not shaped like one. */
export function readCertificate(der: Buffer): CertificateFacts | undefined {
  const parts = tbsParts(der)
  if (parts === undefined) return undefined
  const extensions = parts.extensions
  const keyUsage = find(der, extensions, KEY_USAGE)
  return {
    subjectDer: der.subarray(parts.subject.start, parts.subject.end),
    issuerDer: der.subarray(parts.issuer.start, parts.issuer.end),
    commonName: attribute(der, parts.subject, COMMON_NAME),
    organization: attribute(der, parts.subject, ORGANIZATION),
    keyIdentifier: keyIdentifier(der, find(der, extensions, SUBJECT_KEY_IDENTIFIER)),
    isCa: isCa(der, find(der, extensions, BASIC_CONSTRAINTS)),
    isConstraintCritical: isCritical(der, extensions, BASIC_CONSTRAINTS),
    canSignCertificates: keyUsage === undefined ? undefined : hasUsage(der, keyUsage, KEY_CERT_SIGN) === true,
    canSign: keyUsage === undefined ? undefined : hasUsage(der, keyUsage, DIGITAL_SIGNATURE),
    allowsServerAuth: allowsServerAuth(der, find(der, extensions, EXTENDED_KEY_USAGE)),
    isCurveSpelledOut: isCurveSpelledOut(der, parts.publicKey),
    nameConstraints: () => nameConstraints(der, find(der, extensions, NAME_CONSTRAINTS)),
    names: (limit) => names(der, find(der, extensions, SUBJECT_ALT_NAME), limit),
  }
}

interface TbsParts {
  readonly issuer: DerElement
  readonly subject: DerElement
  readonly publicKey: DerElement
  readonly extensions: DerElement | undefined
}

/** TBSCertificate ::= [0] version?, serial, signature, issuer, validity, subject, SPKI, [1]? [2]? [3] extensions? */
function tbsParts(der: Buffer): TbsParts | undefined {
  const certificate = readElement(der, 0, der.length)
  const tbs = certificate && firstChild(der, certificate)
  let element = tbs && firstChild(der, tbs)
  if (tbs === undefined || element === undefined) return undefined
  if (element.tag === 0xa0) element = nextSibling(der, tbs, element)
  if (element?.tag !== TAG_INTEGER) return undefined
  const algorithm = nextSibling(der, tbs, element)
  const issuer = algorithm && nextSibling(der, tbs, algorithm)
  const validity = issuer && nextSibling(der, tbs, issuer)
  const subject = validity && nextSibling(der, tbs, validity)
  const publicKey = subject && nextSibling(der, tbs, subject)
  if (issuer?.tag !== TAG_SEQUENCE || subject?.tag !== TAG_SEQUENCE || publicKey === undefined) return undefined
  let last = nextSibling(der, tbs, publicKey)
  while (last !== undefined && last.tag !== 0xa3) last = nextSibling(der, tbs, last)
  return { issuer, subject, publicKey, extensions: last && firstChild(der, last) }
}

/** SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { OID, parameters }, BIT STRING } */
function isCurveSpelledOut(der: Buffer, publicKey: DerElement): boolean {
  const algorithm = firstChild(der, publicKey)
  const type = algorithm && firstChild(der, algorithm)
  if (algorithm === undefined || type === undefined || !valueEquals(der, type, EC_PUBLIC_KEY)) return false
  return nextSibling(der, algorithm, type)?.tag !== TAG_OID
}

/** The OCTET STRING of extension 2.5.29.`id`. */
function find(der: Buffer, extensions: DerElement | undefined, id: number): DerElement | undefined {
  const value = extensionParts(der, extensions, id)?.value
  return value?.tag === TAG_OCTET_STRING ? value : undefined
}

function isCritical(der: Buffer, extensions: DerElement | undefined, id: number): boolean {
  const critical = extensionParts(der, extensions, id)?.critical
  return critical !== undefined && (der[critical.value] ?? 0) !== 0
}

/** Extension ::= SEQUENCE { OID, BOOLEAN DEFAULT FALSE, OCTET STRING } */
function extensionParts(
  der: Buffer,
  extensions: DerElement | undefined,
  id: number,
): { critical?: DerElement; value?: DerElement } | undefined {
  if (extensions === undefined) return undefined
  for (let item = firstChild(der, extensions); item !== undefined; item = nextSibling(der, extensions, item)) {
    const type = firstChild(der, item)
    if (type?.tag !== TAG_OID || !valueEquals(der, type, [...EXTENSION, id])) continue
    const next = nextSibling(der, item, type)
    if (next?.tag !== TAG_BOOLEAN) return next === undefined ? {} : { value: next }
    const value = nextSibling(der, item, next)
    return { critical: next, ...(value === undefined ? {} : { value }) }
  }
  return undefined
}

/** The first attribute 2.5.4.`id` of a Name: SEQUENCE OF SET OF SEQUENCE { OID, string }. */
function attribute(der: Buffer, name: DerElement, id: number): string | undefined {
  for (let rdn = firstChild(der, name); rdn !== undefined; rdn = nextSibling(der, name, rdn)) {
    if (rdn.tag !== TAG_SET) continue
    for (let pair = firstChild(der, rdn); pair !== undefined; pair = nextSibling(der, rdn, pair)) {
      const type = firstChild(der, pair)
      if (type?.tag !== TAG_OID || !valueEquals(der, type, [...ATTRIBUTE, id])) continue
      const value = nextSibling(der, pair, type)
      return value && stringValue(der, value)
    }
  }
  return undefined
}

function stringValue(der: Buffer, element: DerElement): string | undefined {
  const bytes = der.subarray(element.value, element.end)
  switch (element.tag) {
    case TAG_UTF8_STRING:
      return bytes.toString('utf8')
    case TAG_PRINTABLE_STRING:
    case TAG_IA5_STRING:
    case TAG_T61_STRING:
      return bytes.toString('latin1')
    case TAG_BMP_STRING:
      return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : undefined
    default:
      return undefined
  }
}

function keyIdentifier(der: Buffer, extension: DerElement | undefined): Buffer | undefined {
  const value = extension && firstChild(der, extension)
  return value?.tag === TAG_OCTET_STRING && value.end > value.value ? der.subarray(value.value, value.end) : undefined
}

function isCa(der: Buffer, extension: DerElement | undefined): boolean {
  const constraints = extension && firstChild(der, extension)
  const flag = constraints && firstChild(der, constraints)
  return flag?.tag === TAG_BOOLEAN && (der[flag.value] ?? 0) !== 0
}

/** A bit of KeyUsage (RFC 5280 §4.2.1.3), as it stands in the first octet after the count of unused bits; undefined: no BIT STRING. */
function hasUsage(der: Buffer, extension: DerElement, usage: number): boolean | undefined {
  const bits = firstChild(der, extension)
  if (bits?.tag !== TAG_BIT_STRING) return undefined
  return bits.end - bits.value >= 2 && ((der[bits.value + 1] ?? 0) & usage) !== 0
}

function allowsServerAuth(der: Buffer, extension: DerElement | undefined): boolean {
  if (extension === undefined) return true
  const purposes = firstChild(der, extension)
  if (purposes === undefined) return false
  for (let item = firstChild(der, purposes); item !== undefined; item = nextSibling(der, purposes, item)) {
    if (valueEquals(der, item, SERVER_AUTH) || valueEquals(der, item, ANY_PURPOSE)) return true
  }
  return false
}

function nameConstraints(der: Buffer, extension: DerElement | undefined): NameConstraints {
  return new NameConstraints(der, extension && firstChild(der, extension))
}

function* names(der: Buffer, extension: DerElement | undefined, limit: number): Generator<CertificateName> {
  const list = extension && firstChild(der, extension)
  if (list === undefined) return
  let seen = 0
  for (let item = firstChild(der, list); item !== undefined && seen < limit; item = nextSibling(der, list, item)) {
    seen++
    if (item.tag === SAN_DNS) yield { type: 'dns', name: der.toString('latin1', item.value, item.end) }
    else if (item.tag === SAN_IP) yield { type: 'ip', address: der.subarray(item.value, item.end) }
  }
}
