/**
 * Builds and signs X.509 v3 certificates (RFC 5280 §4.1) for the CA and its leaves: node-forge's ASN.1, node:crypto's keys.
 *
 * Knows the encodings and no profile: which names, lifetimes and extensions is said by `create-authority.ts` and
 * `leaf-issuer.ts`. Pure but for the random serial number. Any thread.
 */

import { type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  type Asn1,
  bigInteger,
  bitString,
  booleanTrue,
  contextConstructed,
  contextPrimitive,
  encode,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
  utf8String,
} from './der-writer.ts'

export type KeyAlgorithm = 'ecdsa' | 'rsa'

export interface CertificateFields {
  readonly issuer: Asn1
  readonly subject: Asn1
  /** SubjectPublicKeyInfo */
  readonly publicKey: Asn1
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly extensions: readonly Asn1[]
}

/** ecdsa-with-SHA256 has no parameters (RFC 5758 §3.2), sha256WithRSAEncryption has NULL (RFC 4055 §5). */
const SIGNATURE: Readonly<Record<KeyAlgorithm, Asn1>> = {
  ecdsa: sequence([oid('1.2.840.10045.4.3.2')]),
  rsa: sequence([oid('1.2.840.113549.1.1.11'), nullValue()]),
}

const VERSION_3 = contextConstructed(0, [smallInteger(2)])

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }, in DER. */
export function buildCertificate(fields: CertificateFields, issuerKey: KeyObject, algorithm: KeyAlgorithm): Buffer {
  const tbs = sequence([
    VERSION_3,
    bigInteger(serialNumber()),
    SIGNATURE[algorithm],
    fields.issuer,
    sequence([time(fields.notBeforeMs), time(fields.notAfterMs)]),
    fields.subject,
    fields.publicKey,
    contextConstructed(3, [sequence([...fields.extensions])]),
  ])
  return encode(sequence([tbs, SIGNATURE[algorithm], bitString(sign('sha256', encode(tbs), issuerKey))]))
}

/** 126 random bits: positive, 16 octets whatever the draw (RFC 5280 §4.1.2.2 allows 20; CA/B Forum BR 7.1 asks for 64 random bits). */
function serialNumber(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** A Name of at most an organisation and a common name; of neither: the empty SEQUENCE. */
export function distinguishedName(commonName: string | undefined, organization: string | undefined): Asn1 {
  const relativeNames: Asn1[] = []
  if (organization !== undefined) relativeNames.push(setOf([sequence([oid('2.5.4.10'), utf8String(organization)])]))
  if (commonName !== undefined) relativeNames.push(setOf([sequence([oid('2.5.4.3'), utf8String(commonName)])]))
  return sequence(relativeNames)
}

function extension(id: string, critical: boolean, value: Asn1): Asn1 {
  const octets = octetString(encode(value))
  return sequence(critical ? [oid(id), booleanTrue(), octets] : [oid(id), octets])
}

/** For a CA: `pathlen` 0, it signs leaves only. For a leaf: the empty SEQUENCE, since FALSE is the default and DER omits defaults. */
export function basicConstraints(ca: boolean): Asn1 {
  return extension('2.5.29.19', true, sequence(ca ? [booleanTrue(), smallInteger(0)] : []))
}

/** KeyUsage bits (RFC 5280 §4.2.1.3), as the one octet that all of ours fit into. */
export const DIGITAL_SIGNATURE = 0x80
export const KEY_ENCIPHERMENT = 0x20
export const KEY_CERT_SIGN = 0x04
export const CRL_SIGN = 0x02

export function keyUsage(bits: number): Asn1 {
  const unused = 31 - Math.clz32(bits & -bits)
  return extension('2.5.29.15', true, bitString(Uint8Array.of(bits), unused))
}

export function serverAuthUsage(): Asn1 {
  return extension('2.5.29.37', false, sequence([oid('1.3.6.1.5.5.7.3.1')]))
}

export function subjectKeyIdentifier(id: Uint8Array): Asn1 {
  return extension('2.5.29.14', false, octetString(id))
}

export function authorityKeyIdentifier(id: Uint8Array): Asn1 {
  return extension('2.5.29.35', false, sequence([contextPrimitive(0, id)]))
}

/** GeneralNames of dNSName [2] and iPAddress [7]; critical exactly where the subject is empty (RFC 5280 §4.2.1.6). */
export function subjectAltNames(names: readonly AltName[], critical: boolean): Asn1 {
  const items = names.map((name) =>
    name.type === 'dns' ? contextPrimitive(2, Buffer.from(name.name, 'latin1')) : contextPrimitive(7, name.address),
  )
  return extension('2.5.29.17', critical, sequence(items))
}

export type AltName = { readonly type: 'dns'; readonly name: string } | { readonly type: 'ip'; readonly address: Uint8Array }
