/**
 * The CA in the forms that clients take: PEM, DER, PKCS#12 with the key, a Java trust store, hash-named files.
 *
 * During a rotation's overlap the trust forms hold the replaced certificates too. Main thread: `soth-mitm ca export` and the
 * CA page of the proxy.
 */

import { createHash, X509Certificate } from 'node:crypto'
import { readCertificate } from '../x509/certificate-reader.ts'
import type { CertificateAuthority } from './certificate-authority.ts'
import { identityPkcs12, trustStorePkcs12 } from './pkcs12-writer.ts'

export interface ExportedFile {
  readonly name: string
  readonly bytes: Buffer
  /** True where the file holds the CA's key: written 0600. */
  readonly isSecret: boolean
}

export function exportPem(authority: CertificateAuthority, nowMs: number): ExportedFile {
  return { name: 'soth-mitm-ca.pem', bytes: Buffer.from(authority.publishedPems(nowMs).join('')), isSecret: false }
}

/** One certificate, the current one: DER holds no list. `.cer` is what Windows, Android and iOS open. */
export function exportDer(authority: CertificateAuthority): ExportedFile {
  return { name: 'soth-mitm-ca.cer', bytes: authority.certificate.raw, isSecret: false }
}

/** Certificate and key, for another machine or tool. */
export function exportIdentityPkcs12(authority: CertificateAuthority, password: string): ExportedFile {
  const certificate = { der: authority.certificate.raw, friendlyName: 'soth-mitm' }
  return { name: 'soth-mitm-ca.p12', bytes: identityPkcs12(certificate, authority.key, password), isSecret: true }
}

/** For `-Djavax.net.ssl.trustStore`, and for `keytool -importkeystore` where a JKS file is wanted. */
export function exportJavaTrustStore(authority: CertificateAuthority, password: string, nowMs: number): ExportedFile {
  const certificates = authority.publishedPems(nowMs).map((pem, index) => ({
    der: new X509Certificate(pem).raw,
    friendlyName: index === 0 ? 'soth-mitm' : `soth-mitm-previous-${index}`,
  }))
  return { name: 'soth-mitm-truststore.p12', bytes: trustStorePkcs12(certificates, password), isSecret: false }
}

/** Android's system store and OpenSSL before 1.0 look certificates up by `<subject hash>.<n>`. */
export function exportHashNamed(authority: CertificateAuthority, nowMs: number): ExportedFile[] {
  const taken = new Map<string, number>()
  return authority.publishedPems(nowMs).map((pem) => {
    const hash = subjectHashOld(new X509Certificate(pem).raw)
    const index = taken.get(hash) ?? 0
    taken.set(hash, index + 1)
    return { name: `${hash}.${index}`, bytes: Buffer.from(pem), isSecret: false }
  })
}

/** `openssl x509 -subject_hash_old`: the first four octets of the MD5 of the DER subject, read little-endian. A name, no protection. */
export function subjectHashOld(certificateDer: Buffer): string {
  const subject = readCertificate(certificateDer)?.subjectDer ?? Buffer.alloc(0)
  return createHash('md5').update(subject).digest().readUInt32LE(0).toString(16).padStart(8, '0')
}
