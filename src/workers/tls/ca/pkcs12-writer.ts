/**
 * Writes PKCS#12 files (RFC 7292): a CA with its key, or a trust store of certificates only.
 *
 *     PFX ─ authSafe ─┬─ data ─ SafeContents ─ CertBag …       not encrypted: certificates are public
 *                     └─ data ─ SafeContents ─ ShroudedKeyBag   PBES2, AES-256-CBC, by node:crypto
 *         └ macData     HMAC-SHA256, key by the KDF of RFC 7292 App. B
 *
 * Own writer, since node-forge's takes RSA keys and its own certificates only. Any thread; `soth-mitm ca export` and the CA page.
 */

import { createHmac, type KeyObject, randomBytes } from 'node:crypto'
import forge from 'node-forge'
import {
  type Asn1,
  bmpString,
  contextConstructed,
  embed,
  encode,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
} from '../x509/der-writer.ts'

export interface Pkcs12Certificate {
  readonly der: Uint8Array
  /** The alias that stores show. */
  readonly friendlyName: string
}

const DATA = '1.2.840.113549.1.7.1'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
/** Oracle's trustedKeyUsage: without it Java shows no certificate of a PKCS#12 as trusted. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1'
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'
const SHA256 = '2.16.840.1.101.3.4.2.1'

/** keytool's own count (JDK 17); node-forge needs 0.1 s for it. */
const MAC_ITERATIONS = 10_000
const MAC_SALT_BYTES = 20
const MAC_KEY_BYTES = 32
/** Purpose "MAC" of the key derivation, RFC 7292 App. B.3. */
const MAC_PURPOSE = 3

/** One identity: the certificate with its key, both under the same local key id. */
export function identityPkcs12(certificate: Pkcs12Certificate, key: KeyObject, password: string): Buffer {
  const link = attribute(LOCAL_KEY_ID, octetString(Uint8Array.of(1)))
  const name = attribute(FRIENDLY_NAME, bmpString(certificate.friendlyName))
  const shrouded = key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: password })
  const certificates = [certificateBag(certificate, [name, link])]
  return pfx([certificates, [bag(SHROUDED_KEY_BAG, embed(shrouded), [name, link])]], password)
}

/** Trusted certificates, each a `trustedCertEntry` in Java's eyes. */
export function trustStorePkcs12(certificates: readonly Pkcs12Certificate[], password: string): Buffer {
  const trusted = attribute(TRUSTED_KEY_USAGE, oid(ANY_EXTENDED_KEY_USAGE))
  const bags = certificates.map((item) => certificateBag(item, [attribute(FRIENDLY_NAME, bmpString(item.friendlyName)), trusted]))
  return pfx([bags], password)
}

function certificateBag(certificate: Pkcs12Certificate, attributes: Asn1[]): Asn1 {
  const value = sequence([oid(X509_CERTIFICATE), contextConstructed(0, [octetString(certificate.der)])])
  return bag(CERTIFICATE_BAG, value, attributes)
}

function bag(type: string, value: Asn1, attributes: Asn1[]): Asn1 {
  return sequence([oid(type), contextConstructed(0, [value]), setOf(attributes)])
}

function attribute(type: string, value: Asn1): Asn1 {
  return sequence([oid(type), setOf([value])])
}

function dataContent(content: Buffer): Asn1 {
  return sequence([oid(DATA), contextConstructed(0, [octetString(content)])])
}

function pfx(safes: Asn1[][], password: string): Buffer {
  const authenticatedSafe = encode(sequence(safes.map((bags) => dataContent(encode(sequence(bags))))))
  const salt = randomBytes(MAC_SALT_BYTES)
  const key = forge.pkcs12.generateKey(
    password,
    forge.util.createBuffer(salt.toString('latin1')),
    MAC_PURPOSE,
    MAC_ITERATIONS,
    MAC_KEY_BYTES,
    forge.md.sha256.create(),
  )
  const mac = createHmac('sha256', Buffer.from(key.getBytes(), 'latin1')).update(authenticatedSafe).digest()
  const digestInfo = sequence([sequence([oid(SHA256), nullValue()]), octetString(mac)])
  const macData = sequence([digestInfo, octetString(salt), smallInteger(MAC_ITERATIONS)])
  return encode(sequence([smallInteger(3), dataContent(authenticatedSafe), macData]))
}
