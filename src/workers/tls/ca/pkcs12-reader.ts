/**
 * Reads PKCS#12 files (RFC 7292) as OpenSSL, NSS, Java, Windows and browsers write them: the certificates and private keys in them.
 *
 *     a password is taken as     by
 *     UTF-16                     the key derivation of RFC 7292 App. B: the usual MAC, and the old encryption by RC2 and 3DES
 *     UTF-8                      PBES2, by which keys and certificates are encrypted nowadays
 *
 * Node-forge reads the structure and decrypts, but takes a password for PBES2 as if each character were an octet: so a file whose MAC
 * holds and whose bags do not open is read once more with the octets of UTF-8. A MAC by PBMAC1 is `pbmac1.ts`'s. Any thread.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import forge from 'node-forge'
import { readElement, TAG_SEQUENCE } from '../x509/der-reader.ts'
import { encode } from '../x509/der-writer.ts'
import { CaError } from './ca-error.ts'
import { readPbmac1, verifyPbmac1 } from './pbmac1.ts'

export interface Pkcs12Contents {
  readonly keys: readonly KeyObject[]
  /** In DER. */
  readonly certificates: readonly Buffer[]
}

/** `path`: what errors call the file. Throws a `CaError`. */
export function readPkcs12(input: Buffer, password: string, path: string): Pkcs12Contents {
  const keys: KeyObject[] = []
  const certificates: Buffer[] = []
  for (const bag of openedBags(input, password, path)) {
    if (bag.type === forge.pki.oids['certBag']) certificates.push(encode(bag.cert ? forge.pki.certificateToAsn1(bag.cert) : bag.asn1))
    else if (bag.type === forge.pki.oids['keyBag'] || bag.type === forge.pki.oids['pkcs8ShroudedKeyBag']) keys.push(bagKey(bag, path))
  }
  return { keys, certificates }
}

function openedBags(input: Buffer, password: string, path: string): forge.pkcs12.Bag[] {
  const outer = parsed(input, path)
  const octets = Buffer.from(password, 'utf8').toString('latin1')
  try {
    const mac = readPbmac1(input)
    if (mac !== undefined) {
      if (!verifyPbmac1(mac, password)) throw new Error(WRONG_MAC)
      return bags(withoutMac(outer), octets)
    }
    return bags(outer, password)
  } catch (cause) {
    const again = octets !== password && !isWrongMac(cause) ? tryBags(withoutMac(parsed(input, path)), octets) : undefined
    if (again !== undefined) return again
    throw unopened(cause, path)
  }
}

function bags(outer: forge.asn1.Asn1, password: string): forge.pkcs12.Bag[] {
  return forge.pkcs12.pkcs12FromAsn1(outer, false, password).safeContents.flatMap((contents) => contents.safeBags)
}

function tryBags(outer: forge.asn1.Asn1, password: string): forge.pkcs12.Bag[] | undefined {
  try {
    return bags(outer, password)
  } catch {
    return undefined
  }
}

/** PFX ::= SEQUENCE { version, authSafe, macData OPTIONAL }, less the last, which has been checked. */
function withoutMac(outer: forge.asn1.Asn1): forge.asn1.Asn1 {
  return Array.isArray(outer.value) ? { ...outer, value: outer.value.slice(0, 2) } : outer
}

const WRONG_MAC = 'MAC does not hold'

function isWrongMac(cause: unknown): boolean {
  return cause instanceof Error && /\bMAC (could not be verified|does not hold)/.test(cause.message)
}

function parsed(input: Buffer, path: string): forge.asn1.Asn1 {
  if (isCutShort(input)) {
    throw new CaError('ca_corrupt', `${path} is DER that ends before its stated length`, 'copy it whole, and as binary')
  }
  try {
    return forge.asn1.fromDer(input.toString('latin1'), false)
  } catch (cause) {
    throw notPkcs12(cause, path)
  }
}

/** A sequence with a length in several octets that the file does not have. Lengths may be indefinite too (BER), as of old exporters. */
function isCutShort(input: Buffer): boolean {
  const [tag = 0, length = 0] = input
  return tag === TAG_SEQUENCE && length > 0x80 && length <= 0x84 && readElement(input, 0, input.length) === undefined
}

function unopened(cause: unknown, path: string): CaError {
  const reason = cause instanceof Error ? cause.message : ''
  if (/unsupported/i.test(reason)) {
    const remedy = 'export it anew: openssl pkcs12 -export -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA256'
    return new CaError('ca_corrupt', `${path} is PKCS#12 with an encryption or a MAC that is not read here`, remedy, cause)
  }
  if (/password|MAC|decrypt/i.test(reason)) {
    const what = `the PKCS#12 file ${path} cannot be opened: the password is missing or wrong`
    return new CaError('ca_password', what, 'give it with --password-file FILE', cause)
  }
  return notPkcs12(cause, path)
}

/** Node-forge makes a key object of RSA only; other kinds it leaves as the PKCS#8 structure, which node:crypto takes. */
function bagKey(bag: forge.pkcs12.Bag, path: string): KeyObject {
  const [node, type] = bag.key ? ([forge.pki.privateKeyToAsn1(bag.key), 'pkcs1'] as const) : ([bag.asn1, 'pkcs8'] as const)
  try {
    return createPrivateKey({ key: encode(node), format: 'der', type })
  } catch (cause) {
    throw new CaError('ca_corrupt', `the private key in ${path} cannot be parsed`, 'export it anew from its source', cause)
  }
}

function notPkcs12(cause: unknown, path: string): CaError {
  return new CaError('ca_corrupt', `${path} is neither PEM, nor a certificate in DER, nor PKCS#12`, 'give one of these', cause)
}
