/**
 * Mints leaves: the certificate that a client gets in the origin's stead, signed by our CA.
 *
 * The profile, and the client that each line is for:
 *
 *     validity     45 d from 36 h ago, never past the CA's   SC-081v3, Apple; clocks that are wrong
 *     subject      origin's CN and O; CN ≤ 63 characters     RFC 5280 ub-common-name
 *     SAN          the origin's; the host first if it is new critical exactly where the subject is empty
 *     BC, KU, EKU  CA:FALSE; digitalSignature (+ keyEncipherment for RSA); serverAuth
 *     AKI          the CA's SKI, octet for octet             Python ≥ 3.13 and OpenSSL under X509_STRICT
 *     SKI          none                                      SChannel: a leaf SKI equal to the CA's breaks chains
 *
 * Synchronous on purpose, as it takes 0.06 ms: no two mints of one host can overlap in a worker, and handing certificates between
 * workers would cost more than minting them again. Worker thread.
 */

import type { X509Certificate } from 'node:crypto'
import { LEAF_BACKDATE_MS, LEAF_LIFETIME_MS, LEAF_RENEWAL_FRACTION } from '../../../shared/limits/certificates.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  buildCertificate,
  DIGITAL_SIGNATURE,
  distinguishedName,
  KEY_ENCIPHERMENT,
  type KeyAlgorithm,
  keyUsage,
  serverAuthUsage,
  subjectAltNames,
} from '../x509/certificate-builder.ts'
import { readCertificate } from '../x509/certificate-reader.ts'
import type { Asn1 } from '../x509/der-writer.ts'
import type { NameConstraints } from '../x509/name-constraints.ts'
import { decodePem, encodePem } from '../x509/pem.ts'
import { LeafKeys } from './leaf-keys.ts'
import { hostName, type IsPublicSuffix, leafNames } from './leaf-names.ts'
import { isPublicSuffix } from './public-suffix.ts'

export interface LeafRequest {
  /** Host as the client asked for it: any case, U-labels, a trailing dot, a bracketed address. */
  readonly host: string
  /** The origin's certificate, to copy names from. */
  readonly mirror?: X509Certificate | undefined
  /** Signature algorithm that the client can verify, from its ClientHello. */
  readonly profile: KeyAlgorithm
}

export interface Leaf {
  readonly certificateDer: Buffer
  /** What TLS sends: the leaf, then an imported CA's intermediates; never a root. */
  readonly chainPem: string
  readonly keyPem: string
  readonly notAfterMs: number
  /** From here on a new one should be minted. */
  readonly renewAtMs: number
  /** Its DNS names where it serves every host that they are for; undefined: the requested host alone. */
  readonly shared: ReadonlySet<string> | undefined
}

export class LeafIssuer {
  readonly keys = new LeafKeys()
  readonly #authority: CertificateAuthority
  readonly #now: () => number
  readonly #isPublicSuffix: IsPublicSuffix
  readonly #sentChainPem: string
  /** Of the CA and of the intermediates above it. */
  readonly #constraints: readonly NameConstraints[]
  readonly #fixedExtensions: Readonly<Record<KeyAlgorithm, readonly Asn1[]>>

  constructor(authority: CertificateAuthority, now: () => number, isSuffix: IsPublicSuffix = isPublicSuffix) {
    this.#authority = authority
    this.#now = now
    this.#isPublicSuffix = isSuffix
    this.#sentChainPem = authority.sentChainPem
    const issuers = decodePem(authority.material.certificatePem + authority.material.chainPem).flatMap(
      ({ der }) => readCertificate(der) ?? [],
    )
    this.#constraints = issuers.map((issuer) => issuer.nameConstraints())
    const fixed = [basicConstraints(false), serverAuthUsage(), authorityKeyIdentifier(authority.keyIdentifier)]
    this.#fixedExtensions = {
      ecdsa: [...fixed, keyUsage(DIGITAL_SIGNATURE)],
      rsa: [...fixed, keyUsage(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT)],
    }
  }

  /** Of the CA's certificate. */
  get fingerprint(): string {
    return this.#authority.certificate.fingerprint256
  }

  /** Undefined where `host` is no name that a certificate can carry. Throws a `CaError` once the CA has expired. */
  issueLeaf(request: LeafRequest): Leaf | undefined {
    const requested = hostName(request.host)
    if (requested === undefined) return undefined
    const nowMs = this.#now()
    this.#authority.assertValidAt(nowMs)
    const mirror = request.mirror === undefined ? undefined : readCertificate(request.mirror.raw)
    const names = leafNames(requested, mirror, this.#isPublicSuffix, (name) => this.#constraints.every((item) => item.allows(name)))
    const key = this.keys.key(request.profile)
    const notBeforeMs = nowMs - LEAF_BACKDATE_MS
    const notAfterMs = Math.min(notBeforeMs + LEAF_LIFETIME_MS, this.#authority.notAfterMs)
    const isSubjectEmpty =
      (names.commonName === undefined && names.organization === undefined) || this.#constraints.some((item) => item.constrainsSubject)
    const certificateDer = buildCertificate(
      {
        issuer: this.#authority.subject,
        subject: isSubjectEmpty ? distinguishedName(undefined, undefined) : distinguishedName(names.commonName, names.organization),
        publicKey: key.publicKey,
        notBeforeMs,
        notAfterMs,
        extensions: [...this.#fixedExtensions[request.profile], subjectAltNames(names.altNames, isSubjectEmpty)],
      },
      this.#authority.key,
      this.#authority.algorithm,
    )
    return {
      certificateDer,
      chainPem: encodePem('CERTIFICATE', certificateDer) + this.#sentChainPem,
      keyPem: key.keyPem,
      notAfterMs,
      renewAtMs: nowMs + (notAfterMs - nowMs) * LEAF_RENEWAL_FRACTION,
      shared: names.shared,
    }
  }
}
