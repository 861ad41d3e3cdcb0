/**
 * An origin's chain as most of the web has it: RSA-2048 throughout, a leaf below an intermediate below a root that everybody trusts.
 */

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  type AltName,
  authorityKeyIdentifier,
  basicConstraints,
  buildCertificate,
  DIGITAL_SIGNATURE,
  distinguishedName,
  KEY_CERT_SIGN,
  keyUsage,
  serverAuthUsage,
  subjectAltNames,
  subjectKeyIdentifier,
} from '../../src/workers/tls/x509/certificate-builder.ts'
import { type Asn1, booleanTrue, embed, encode, octetString, oid, sequence } from '../../src/workers/tls/x509/der-writer.ts'
import { encodePem } from '../../src/workers/tls/x509/pem.ts'

const DAY_MS = 86_400_000

export interface WebChain {
  readonly rootPem: string
  readonly rootKeyPem: string
  /** Leaf and intermediate. */
  readonly chainPem: string
  readonly keyPem: string
}

interface Issuer {
  readonly name: string
  readonly key: KeyObject
  readonly identifier: Buffer
}

export function makeWebChain(names: readonly AltName[]): WebChain {
  const root = certificate('bench root', undefined, [ANY_DEPTH, keyUsage(KEY_CERT_SIGN)])
  const intermediate = certificate('bench intermediate', root, [basicConstraints(true), keyUsage(KEY_CERT_SIGN)])
  const leaf = certificate('origin.test', intermediate, [
    basicConstraints(false),
    serverAuthUsage(),
    keyUsage(DIGITAL_SIGNATURE),
    subjectAltNames(names, false),
  ])
  return { rootPem: root.pem, rootKeyPem: pemOf(root.key), chainPem: leaf.pem + intermediate.pem, keyPem: pemOf(leaf.key) }
}

/** basicConstraints of a CA that may have others below it. */
const ANY_DEPTH = sequence([oid('2.5.29.19'), booleanTrue(), octetString(encode(sequence([booleanTrue()])))])

function certificate(name: string, issuer: Issuer | undefined, extensions: readonly Asn1[]): Issuer & { readonly pem: string } {
  const { privateKey: key, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const identifier = randomBytes(20)
  const der = buildCertificate(
    {
      issuer: distinguishedName(issuer?.name ?? name, undefined),
      subject: distinguishedName(name, undefined),
      publicKey: embed(publicKey.export({ type: 'spki', format: 'der' })),
      notBeforeMs: Date.now() - DAY_MS,
      notAfterMs: Date.now() + DAY_MS,
      extensions: [...extensions, subjectKeyIdentifier(identifier), authorityKeyIdentifier(issuer?.identifier ?? identifier)],
    },
    issuer?.key ?? key,
    'rsa',
  )
  return { name, key, identifier, pem: encodePem('CERTIFICATE', der) }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
