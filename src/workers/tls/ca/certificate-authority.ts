/**
 * The CA that signs leaves: its key, its certificate, and the certificates of the CAs that it has replaced and that clients
 * should go on trusting for a while.
 *
 * Validated when made: a CA that some client would refuse later is refused here, with the reason. No file access
 * (`ca-store.ts`), no minting (`leaf-issuer.ts`). Any thread: the main thread loads it and hands `material`, plain strings, to
 * the workers.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { CaMaterial } from '../../../shared/ca-material.ts'
import type { KeyAlgorithm } from '../x509/certificate-builder.ts'
import { type CertificateFacts, readCertificate } from '../x509/certificate-reader.ts'
import { type Asn1, embed, encode } from '../x509/der-writer.ts'
import { CaError } from './ca-error.ts'

export class CertificateAuthority {
  readonly material: CaMaterial
  readonly key: KeyObject
  readonly algorithm: KeyAlgorithm
  readonly certificate: X509Certificate
  /** The subject as it stands in the certificate: the issuer of every leaf. */
  readonly subject: Asn1
  /** Octets of the subjectKeyIdentifier, which leaves must repeat (OpenSSL's X509_STRICT compares them). */
  readonly keyIdentifier: Buffer
  readonly notBeforeMs: number
  readonly notAfterMs: number

  /** Throws a `CaError` where `material` is no usable CA; its dates are checked by `assertValidAt`, since rotation outlives them. */
  constructor(material: CaMaterial) {
    const certificate = parseCertificate(material.certificatePem)
    const key = parseKey(material.keyPem)
    if (!certificate.checkPrivateKey(key)) {
      throw new CaError(
        'ca_key_mismatch',
        'the CA key does not belong to the CA certificate',
        'give the key and certificate of the same CA',
      )
    }
    const facts = assertCaProfile(certificate)
    this.material = material
    this.key = key
    this.algorithm = assertKeySupported(key, facts)
    this.certificate = certificate
    this.subject = parseSubject(facts.subjectDer)
    this.keyIdentifier = Buffer.from(facts.keyIdentifier)
    this.notBeforeMs = Date.parse(certificate.validFrom)
    this.notAfterMs = Date.parse(certificate.validTo)
  }

  /** True for a root; false where clients need intermediates to reach theirs. */
  get isSelfSigned(): boolean {
    return this.certificate.subject === this.certificate.issuer && this.certificate.verify(this.certificate.publicKey)
  }

  /** What TLS sends behind a leaf: this one, then the intermediates above it; nothing where this one is a root (RFC 8446 §4.4.2). */
  get sentChainPem(): string {
    return this.isSelfSigned ? '' : this.material.certificatePem + this.material.chainPem
  }

  assertValidAt(nowMs: number): void {
    if (nowMs >= this.notAfterMs) {
      const remedy = 'replace it: `soth-mitm ca rotate`, or `soth-mitm ca import FILE`; then have clients trust the new one'
      throw new CaError('ca_expired', `the CA certificate expired on ${isoDay(this.notAfterMs)}`, remedy)
    }
    if (nowMs < this.notBeforeMs) {
      const message = `the CA certificate is not valid before ${isoDay(this.notBeforeMs)}`
      throw new CaError('ca_not_yet_valid', message, "check this machine's clock")
    }
  }

  /** The certificates that clients should trust now: this one first, then the replaced ones within their overlap. */
  publishedPems(nowMs: number): string[] {
    const previous = this.material.previous.filter((ca) => ca.publishedUntilMs > nowMs)
    return [this.material.certificatePem, ...previous.map((ca) => ca.certificatePem)]
  }
}

const RESTORE = 'restore the file from a backup, or give another CA: `soth-mitm ca import FILE --replace`'

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new CaError('ca_corrupt', 'the CA certificate cannot be parsed', RESTORE, cause)
  }
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    if (pem.includes('ENCRYPTED')) {
      const remedy = 'move the file away, and give it with its password: `soth-mitm ca import FILE --password-file FILE`'
      throw new CaError('ca_password', 'the CA key is encrypted', remedy, cause)
    }
    throw new CaError('ca_corrupt', 'the CA key cannot be parsed', RESTORE, cause)
  }
}

/** The leaf's issuer must repeat the CA's subject: an encoding that is not DER would come out of the builder changed. */
function parseSubject(subjectDer: Buffer): Asn1 {
  const subject = tryEmbed(subjectDer)
  if (subject !== undefined && encode(subject).equals(subjectDer)) return subject
  throw new CaError('ca_corrupt', "the CA certificate's subject is not in DER", 'let soth-mitm create its own CA: `soth-mitm ca rotate`')
}

function tryEmbed(der: Buffer): Asn1 | undefined {
  try {
    return embed(der)
  } catch {
    return undefined
  }
}

/** Clients refuse leaves under a CA without these, each in its own words or in none; hence told here (certificates.md 7.1). */
function assertCaProfile(certificate: X509Certificate): CertificateFacts & { readonly keyIdentifier: Buffer } {
  const facts = readCertificate(certificate.raw)
  if (facts === undefined) throw new CaError('ca_corrupt', 'the CA certificate cannot be read', 'give an X.509 v3 certificate')
  const reissue = 'have the CA reissued with that extension, or let soth-mitm create its own'
  if (!facts.isCa)
    throw new CaError('ca_not_a_ca', 'the certificate lacks basicConstraints CA:TRUE: clients trust no leaf signed by it', reissue)
  // RFC 5280 §4.2.1.9: critical in CA certificates; OpenSSL's X509_STRICT, and so Python 3.13, insists.
  if (!facts.isConstraintCritical) {
    const what = 'basicConstraints of the CA certificate is not marked critical, which strict clients (Python 3.13) demand'
    throw new CaError('ca_constraint_not_critical', what, 'have the CA reissued so, or let soth-mitm create its own')
  }
  if (facts.canSignCertificates !== true) {
    throw new CaError('ca_no_key_cert_sign', 'the CA certificate lacks keyUsage keyCertSign, which strict clients demand', reissue)
  }
  if (!facts.allowsServerAuth) {
    throw new CaError('ca_no_server_auth', 'the extendedKeyUsage of the CA certificate leaves serverAuth out', reissue)
  }
  const { keyIdentifier } = facts
  if (keyIdentifier === undefined) {
    throw new CaError('ca_no_key_identifier', 'the CA certificate lacks subjectKeyIdentifier, which strict clients demand', reissue)
  }
  return { ...facts, keyIdentifier }
}

/**
 * Keys whose signatures every TLS 1.2 client verifies; Ed25519, RSA-PSS keys and RSA below 2048 bits are refused by many, and a curve
 * that is written out by its parameters (RFC 5480 §2.1.1 forbids it in certificates) by Go and Java, which cannot parse it.
 */
function assertKeySupported(key: KeyObject, { isCurveSpelledOut }: CertificateFacts): KeyAlgorithm {
  const details = key.asymmetricKeyDetails
  if (isCurveSpelledOut) {
    const what = 'the public key of the CA certificate has its curve spelled out instead of named, which Go and Java do not read'
    throw new CaError('ca_key_unsupported', what, 'have the CA reissued with a named curve (openssl: ec_param_enc:named_curve)')
  }
  if (key.asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(details?.namedCurve ?? '')) return 'ecdsa'
  if (key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'rsa'
  const remedy = 'give a CA with an RSA key of at least 2048 bits, or an EC key on P-256, P-384 or P-521'
  const kind = [key.asymmetricKeyType ?? 'unknown', details?.namedCurve ?? details?.modulusLength].filter((word) => word !== undefined)
  throw new CaError('ca_key_unsupported', `clients do not accept CA keys of this kind: ${kind.join(' ')}`, remedy)
}

function isoDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
