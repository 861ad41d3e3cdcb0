/**
 * Makes certificates for a private test PKI: the demo's origin, and every origin of the tests. Not the engine's own issuer
 * (`workers/tls/leaf/leaf-issuer.ts`), with which it shares the encodings: this one takes any wish, wrong ones included. Main thread.
 */

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { addressOctets, parseIpAddress } from '../../shared/policy/hosts/ip-address.ts'
import {
  type AltName,
  authorityKeyIdentifier,
  basicConstraints,
  buildCertificate,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  distinguishedName,
  KEY_CERT_SIGN,
  keyUsage,
  serverAuthUsage,
  subjectAltNames,
  subjectKeyIdentifier,
} from '../../workers/tls/x509/certificate-builder.ts'
import { type Asn1, embed } from '../../workers/tls/x509/der-writer.ts'
import { encodePem } from '../../workers/tls/x509/pem.ts'

const DAY_MS = 86_400_000

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
  const certificate = buildCertificate(
    {
      issuer: distinguishedName(issuer.commonName, undefined),
      subject: distinguishedName(wish.commonName, undefined),
      publicKey: embed(spki),
      notBeforeMs: wish.notBefore?.getTime() ?? Date.now() - DAY_MS,
      notAfterMs: wish.notAfter?.getTime() ?? Date.now() + 30 * DAY_MS,
      extensions: extensions(wish, keyIdentifier, issuer.keyIdentifier),
    },
    issuer.privateKey,
    'ecdsa',
  )
  return {
    commonName: wish.commonName,
    certificatePem: encodePem('CERTIFICATE', certificate),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    privateKey,
    keyIdentifier,
  }
}

function extensions({ ca = false, names = [] }: CertificateWish, subjectKey: Buffer, issuerKey: Buffer): Asn1[] {
  const list = [
    basicConstraints(ca),
    keyUsage(ca ? KEY_CERT_SIGN | CRL_SIGN : DIGITAL_SIGNATURE),
    subjectKeyIdentifier(subjectKey),
    authorityKeyIdentifier(issuerKey),
  ]
  if (!ca) list.push(serverAuthUsage())
  if (names.length > 0) list.push(subjectAltNames(names.map(altName), false))
  return list
}

function altName(name: string): AltName {
  return isIP(name) === 0 ? { type: 'dns', name } : { type: 'ip', address: addressOctets(parseIpAddress(name) ?? []) }
}
