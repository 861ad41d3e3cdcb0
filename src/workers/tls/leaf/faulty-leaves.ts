/**
 * FaultyLeaves: certificates that a client must not take, for faults that ask for one. Never cached, never beside good ones, and no
 * session of theirs, or of good ones, is resumed: the client is to see the certificate. Worker thread.
 *
 *     expired, not_yet_valid     everything right but the time
 *     wrong_name                 a name that nobody asked for
 *     self_signed                signed by its own key
 *     unknown_ca                 signed by a CA made for this alone, which nobody trusts
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'
import { LEAF_BACKDATE_MS, LEAF_LIFETIME_MS } from '../../../shared/limits/certificates.ts'
import type { TlsChoice } from '../../../shared/options/tls-schema.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import { createAuthority } from '../ca/create-authority.ts'
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
import type { Asn1 } from '../x509/der-writer.ts'
import { encodePem } from '../x509/pem.ts'
import { createLeafContext } from './leaf-context.ts'
import type { LeafRequest } from './leaf-issuer.ts'
import type { LeafKeys } from './leaf-keys.ts'
import { hostName, ownNames } from './leaf-names.ts'

export type LeafDefect = FaultOf<'tls_certificate'>['defect']

/** A name that can be nobody's (RFC 6761 §6.4). */
const WRONG_NAME = 'wrong-name.invalid'
const DAY_MS = 86_400_000

interface Signer {
  readonly subject: Asn1
  readonly key: KeyObject
  readonly algorithm: KeyAlgorithm
  readonly keyIdentifier: Uint8Array | undefined
}

export class FaultyLeaves {
  readonly #authority: CertificateAuthority
  readonly #keys: LeafKeys
  readonly #now: () => number
  #stranger: CertificateAuthority | undefined = undefined

  constructor(authority: CertificateAuthority, keys: LeafKeys, now: () => number) {
    this.#authority = authority
    this.#keys = keys
    this.#now = now
  }

  /** Undefined where the host is no name that a certificate can carry. */
  contextFor(
    defect: LeafDefect,
    { host, profile }: Pick<LeafRequest, 'host' | 'profile'>,
    choice: TlsChoice,
    groups?: string,
  ): SecureContext | undefined {
    const requested = hostName(defect === 'wrong_name' ? WRONG_NAME : host)
    if (requested === undefined) return undefined
    const key = this.#keys.key(profile)
    const { commonName, organization, altNames } = ownNames(requested)
    const subject = distinguishedName(commonName, organization)
    const signer = this.#signer(defect, subject, profile, key.keyPem)
    const certificate = buildCertificate(
      {
        issuer: signer.subject,
        subject,
        publicKey: key.publicKey,
        ...this.#validity(defect),
        extensions: [
          basicConstraints(false),
          serverAuthUsage(),
          keyUsage(profile === 'rsa' ? DIGITAL_SIGNATURE | KEY_ENCIPHERMENT : DIGITAL_SIGNATURE),
          ...(signer.keyIdentifier === undefined ? [] : [authorityKeyIdentifier(signer.keyIdentifier)]),
          subjectAltNames(altNames, commonName === undefined && organization === undefined),
        ],
      },
      signer.key,
      signer.algorithm,
    )
    const sentChainPem = signer === this.#authority ? this.#authority.sentChainPem : ''
    return createLeafContext({ choice, groups, cert: encodePem('CERTIFICATE', certificate) + sentChainPem, key: key.keyPem })
  }

  #validity(defect: LeafDefect): { notBeforeMs: number; notAfterMs: number } {
    const nowMs = this.#now()
    if (defect === 'not_yet_valid') return { notBeforeMs: nowMs + DAY_MS, notAfterMs: nowMs + LEAF_LIFETIME_MS }
    const notBeforeMs = nowMs - LEAF_BACKDATE_MS
    return { notBeforeMs, notAfterMs: defect === 'expired' ? nowMs - DAY_MS : notBeforeMs + LEAF_LIFETIME_MS }
  }

  #signer(defect: LeafDefect, subject: Asn1, algorithm: KeyAlgorithm, keyPem: string): Signer {
    if (defect === 'self_signed') return { subject, key: createPrivateKey(keyPem), algorithm, keyIdentifier: undefined }
    if (defect !== 'unknown_ca') return this.#authority
    this.#stranger ??= createAuthority(this.#now())
    return this.#stranger
  }
}
