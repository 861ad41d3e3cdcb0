/**
 * Makes X.509 certificates (RFC 5280 §4.1) for a private test PKI: the demo's origin, and every origin of the tests. Not the engine's
 * own issuer, which is `workers/tls/`: this one takes any wish, wrong ones included.
 *
 * node-forge writes the ASN.1, node:crypto the ECDSA P-256 keys and signatures. Main thread.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import forge from 'node-forge'
import { parseIpAddress } from '../../shared/policy/ip-address.ts'

const { asn1 } = forge
type Asn1 = forge.asn1.Asn1

const DAY_MS = 86_400_000
/** ecdsa-with-SHA256, RFC 5758 §3.2. */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const OID = {
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

export interface CertificateWish {
  readonly commonName: string
  /** DNS names and IP addresses of the subjectAltName; none: no such extension. */
  readonly names?: readonly string[]
  /** A CA, which may sign others; else a server's certificate. */
  readonly ca?: boolean
  /** Default: a day ago. */
  readonly notBefore?: Date
  /** Default: in 30 days. */
  readonly notAfter?: Date
  /** Who signs; default: itself. */
  readonly issuer?: MadeCertificate
}

export interface MadeCertificate {
  readonly commonName: string
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly privateKey: KeyObject
  /** SHA-1 of the public key's bits (RFC 5280 §4.2.1.2, method 1), or of the whole SPKI: only equality counts. */
  readonly keyIdentifier: Buffer
}

export function makeCertificate(wish: CertificateWish): MadeCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const keyIdentifier = createHash('sha1').update(spki).digest()
  const issuer = wish.issuer ?? { commonName: wish.commonName, privateKey, keyIdentifier }
  const tbs = sequence([
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [integer(Buffer.of(2))]),
    integer(serialNumber()),
    signatureAlgorithm(),
    distinguishedName(issuer.commonName),
    sequence([time(wish.notBefore ?? new Date(Date.now() - DAY_MS)), time(wish.notAfter ?? new Date(Date.now() + 30 * DAY_MS))]),
    distinguishedName(wish.commonName),
    asn1.fromDer(spki.toString('binary')),
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, 3, true, [sequence(extensions(wish, keyIdentifier, issuer.keyIdentifier))]),
  ])
  const signature = sign('sha256', derOf(tbs), issuer.privateKey)
  const certificate = derOf(sequence([tbs, signatureAlgorithm(), bitString(signature)]))
  return {
    commonName: wish.commonName,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    privateKey,
    keyIdentifier,
  }
}

function extensions(wish: CertificateWish, subjectKey: Buffer, issuerKey: Buffer): Asn1[] {
  const list = [
    extension(OID.basicConstraints, true, sequence(wish.ca === true ? [boolean(true)] : [])),
    // keyCertSign and cRLSign, or digitalSignature (RFC 5280 §4.2.1.3: bit 0 is the highest).
    extension(OID.keyUsage, true, wish.ca === true ? bitString(Buffer.of(0x06), 1) : bitString(Buffer.of(0x80), 7)),
    extension(OID.subjectKeyIdentifier, false, octetString(subjectKey)),
    extension(
      OID.authorityKeyIdentifier,
      false,
      sequence([asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, false, issuerKey.toString('binary'))]),
    ),
  ]
  if (wish.ca !== true) list.push(extension(OID.extendedKeyUsage, false, sequence([oid(OID.serverAuth)])))
  if (wish.names !== undefined && wish.names.length > 0)
    list.push(extension(OID.subjectAltName, false, sequence(wish.names.map(generalName))))
  return list
}

/** dNSName is [2], iPAddress [7] (RFC 5280 §4.2.1.6). */
function generalName(name: string): Asn1 {
  if (isIP(name) === 0) return asn1.create(asn1.Class.CONTEXT_SPECIFIC, 2, false, name)
  const words = parseIpAddress(name) ?? []
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, 7, false, String.fromCharCode(...words.flatMap((word) => [word >> 8, word & 0xff])))
}

/** 16 octets, positive and without a leading zero. */
function serialNumber(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
function time(date: Date): Asn1 {
  return date.getUTCFullYear() < 2050
    ? asn1.create(asn1.Class.UNIVERSAL, asn1.Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(asn1.Class.UNIVERSAL, asn1.Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date))
}

function distinguishedName(commonName: string): Asn1 {
  const value = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.UTF8, false, forge.util.encodeUtf8(commonName))
  return sequence([asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, [sequence([oid(OID.commonName), value])])])
}

function extension(id: string, critical: boolean, value: Asn1): Asn1 {
  const wrapped = octetString(derOf(value))
  return sequence(critical ? [oid(id), boolean(true), wrapped] : [oid(id), wrapped])
}

function signatureAlgorithm(): Asn1 {
  return sequence([oid(ECDSA_WITH_SHA256)])
}

function sequence(items: Asn1[]): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, items)
}

function oid(id: string): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(id).getBytes())
}

function boolean(value: boolean): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BOOLEAN, false, value ? '\xff' : '\0')
}

function integer(octets: Buffer): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.INTEGER, false, octets.toString('binary'))
}

function octetString(octets: Buffer): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, octets.toString('binary'))
}

function bitString(octets: Buffer, unusedBits = 0): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, String.fromCharCode(unusedBits) + octets.toString('binary'))
}

function derOf(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'binary')
}
