/**
 * A small PKI for tests: roots and server certificates, right ones and, by overrides, wrong ones. ECDSA P-256.
 */

import { type CertificateWish, type MadeCertificate, makeCertificate } from '../../../src/cli/demo/certificate-maker.ts'

/** A root CA; each call another key. */
export function makeRoot(overrides: Partial<CertificateWish> = {}): MadeCertificate {
  return makeCertificate({ commonName: 'test root', ca: true, ...overrides })
}

/** A server's certificate for `names`, signed by `issuer`; `overrides` spoil what a test wants spoilt. */
export function makeServerCertificate(
  wish: { names: readonly string[]; issuer: MadeCertificate } & Partial<CertificateWish>,
): MadeCertificate {
  return makeCertificate({ commonName: wish.names[0] ?? 'test', ...wish })
}

/** A certificate for localhost that nobody trusts, as TLS options have it. */
export function selfSigned(): { key: string; cert: string } {
  const { privateKeyPem, certificatePem } = makeCertificate({ commonName: 'localhost', names: ['localhost'] })
  return { key: privateKeyPem, cert: certificatePem }
}
