/**
 * Makes a new CA: P-256, by the profile of RFC 5280 as strict clients read it.
 *
 * A root with pathlen 0 and the three extensions that X509_STRICT asks for (critical basicConstraints, keyUsage,
 * subjectKeyIdentifier). Its key is made on this machine and never shipped. Any thread; needs about 1 ms.
 */

import { createHash, generateKeyPairSync } from 'node:crypto'
import type { PreviousCa } from '../../../shared/ca-material.ts'
import { CA_BACKDATE_MS, CA_LIFETIME_MS } from '../../../shared/limits/certificates.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  buildCertificate,
  CRL_SIGN,
  distinguishedName,
  KEY_CERT_SIGN,
  keyUsage,
  subjectKeyIdentifier,
} from '../x509/certificate-builder.ts'
import { embed } from '../x509/der-writer.ts'
import { encodePem } from '../x509/pem.ts'
import { CertificateAuthority } from './certificate-authority.ts'

/** `previous`: the certificates that this one replaces and that stay published for a while. */
export function createAuthority(nowMs: number, previous: readonly PreviousCa[] = []): CertificateAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' })
  // RFC 7093 §2 method 1, over the whole SubjectPublicKeyInfo (its method 4): any unique value does (RFC 5280 §4.2.1.2).
  const keyIdentifier = createHash('sha256').update(publicKeyDer).digest().subarray(0, 20)
  // Stores and chain builders look issuers up by name: two CAs of the same name, after a rotation, would be tried at random.
  const name = distinguishedName(`soth-mitm CA ${keyIdentifier.toString('hex', 0, 4)}`, 'soth-mitm')
  const notBeforeMs = nowMs - CA_BACKDATE_MS
  const certificate = buildCertificate(
    {
      issuer: name,
      subject: name,
      publicKey: embed(publicKeyDer),
      notBeforeMs,
      notAfterMs: notBeforeMs + CA_LIFETIME_MS,
      extensions: [
        basicConstraints(true),
        keyUsage(KEY_CERT_SIGN | CRL_SIGN),
        subjectKeyIdentifier(keyIdentifier),
        authorityKeyIdentifier(keyIdentifier),
      ],
    },
    privateKey,
    'ecdsa',
  )
  return new CertificateAuthority({
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: encodePem('CERTIFICATE', certificate),
    chainPem: '',
    previous,
  })
}
