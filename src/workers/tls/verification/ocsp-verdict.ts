/**
 * Whether a stapled OCSP response is to be believed (RFC 6960 §3.2), and what it then says of the origin's certificate.
 *
 * It has to be about this certificate (names, keys and number of certID), of now, and signed: by the key that signed the
 * certificate, or by a responder whose certificate that same key signed, for signing OCSP responses (§4.2.2.2). Worker thread.
 */

import { constants, createHash, type KeyObject, verify, X509Certificate } from 'node:crypto'
import type { OCSP_VERDICTS } from '../../../shared/events/schema.ts'
import { OCSP_AGE_MS, OCSP_SKEW_MS } from '../../../shared/limits/tls.ts'
import { readCertificate } from '../x509/certificate-reader.ts'
import { firstChild, nextSibling, readElement } from '../x509/der-reader.ts'
import { canonicalSerial, readStaple, type SingleResponse, type Staple } from './ocsp-staple.ts'

export type OcspVerdict = (typeof OCSP_VERDICTS)[number]

/** DER of the object identifiers, in hexadecimal. SHA-1 identifies an issuer well enough; it signs nothing here. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
])
/** RSA with PKCS #1 v1.5, ECDSA, Ed25519 and Ed448 (which have digests of their own). */
const SIGNATURES: ReadonlyMap<string, string | null> = new Map([
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2b6570', null],
  ['2b6571', null],
])
const RSASSA_PSS = '2a864886f70d01010a'
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
const EDWARDS: ReadonlySet<string | undefined> = new Set(['ed25519', 'ed448'])
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

/** `issuer`: undefined where the origin sent none and none is trusted; then nothing can be believed. */
export function judgeStaple(bytes: Buffer, leaf: X509Certificate, issuer: X509Certificate | undefined, now = Date.now()): OcspVerdict {
  const staple = readStaple(bytes)
  if (staple === undefined || issuer === undefined) return 'invalid'
  try {
    const key = issuer.publicKey
    const single = staple.responses.find((response) => isAbout(response, leaf, key) && isCurrent(response, now))
    // Whoever made this leaf: a stranger of the issuer's name, put into the chain, did not.
    if (single === undefined || !leaf.verify(key) || !isSigned(staple, issuer, now)) return 'invalid'
    return single.status
  } catch {
    // A key of an algorithm that OpenSSL does not know, or a signature that does not fit its key.
    return 'invalid'
  }
}

function isAbout(response: SingleResponse, leaf: X509Certificate, issuerKey: KeyObject): boolean {
  const hash = HASHES.get(response.hashAlgorithm)
  const name = readCertificate(leaf.raw)?.issuerDer
  const key = keyBits(issuerKey)
  if (hash === undefined || name === undefined || key === undefined) return false
  if (response.serial !== canonicalSerial(leaf.serialNumber)) return false
  return createHash(hash).update(name).digest().equals(response.nameHash) && createHash(hash).update(key).digest().equals(response.keyHash)
}

/** subjectPublicKey of SubjectPublicKeyInfo, without tag, length and count of unused bits (RFC 6960 §4.1.1). */
function keyBits(key: KeyObject): Buffer | undefined {
  const spki = key.export({ type: 'spki', format: 'der' })
  const whole = readElement(spki, 0, spki.length)
  const algorithm = whole && firstChild(spki, whole)
  const bits = whole && algorithm && nextSibling(spki, whole, algorithm)
  return bits && spki.subarray(bits.value + 1, bits.end)
}

function isCurrent({ thisUpdate, nextUpdate }: SingleResponse, now: number): boolean {
  return thisUpdate <= now + OCSP_SKEW_MS && (nextUpdate ?? thisUpdate + OCSP_AGE_MS) >= now - OCSP_SKEW_MS
}

function isSigned(staple: Staple, issuer: X509Certificate, now: number): boolean {
  const digest = digestOf(staple)
  if (digest === undefined) return false
  if (isSignedBy(issuer.publicKey, digest, staple)) return true
  return staple.certificates.some((der) => {
    const responder = new X509Certificate(der)
    return isResponder(responder, issuer, now) && isSignedBy(responder.publicKey, digest, staple)
  })
}

/** Undefined where the signature is by an algorithm that is not taken: SHA-1 is forgeable, and public responders may not use it since 2022. */
function digestOf({ algorithm, pssHash }: Staple): string | null | undefined {
  if (algorithm !== RSASSA_PSS) return SIGNATURES.get(algorithm)
  const hash = HASHES.get(pssHash ?? '')
  return hash === 'sha1' ? undefined : hash
}

function isSignedBy(key: KeyObject, digest: string | null, { algorithm, signed, signature }: Staple): boolean {
  // An Edwards key takes no digest, and every other needs one.
  if (EDWARDS.has(key.asymmetricKeyType) !== (digest === null)) return false
  return verify(digest, signed, algorithm === RSASSA_PSS ? { key, ...PSS } : key, signature)
}

function isResponder(responder: X509Certificate, issuer: X509Certificate, now: number): boolean {
  const purposes: readonly string[] | undefined = responder.keyUsage
  if (purposes?.includes(OCSP_SIGNING) !== true || !responder.checkIssued(issuer) || !responder.verify(issuer.publicKey)) return false
  return Date.parse(responder.validFrom) <= now + OCSP_SKEW_MS && Date.parse(responder.validTo) >= now - OCSP_SKEW_MS
}
