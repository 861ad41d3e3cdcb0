/**
 * Reads an operator's own CA from PEM files or PKCS#12, whatever their order and extras, into what the store keeps.
 *
 * The certificate is the one that the key belongs to; the others become the chain where they lead from it to its root. Whether
 * it is fit to be a CA is judged by `CertificateAuthority`. Main thread: `soth-mitm ca import`.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { CaMaterial } from '../../../shared/ca-material.ts'
import { decodePem, encodePem } from '../x509/pem.ts'
import { CaError } from './ca-error.ts'
import { readPkcs12 } from './pkcs12-reader.ts'

/** A file that the operator has named. */
export interface CaInput {
  readonly path: string
  readonly bytes: Buffer
}

/** OpenSSL's names of a certificate: RFC 7468's, that of SSLeay, and one with what it is trusted for behind it, which is left out. */
const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']

/** `inputs`: one PKCS#12 file or any number of PEM and DER ones. Throws a `CaError`. */
export function importCaMaterial(inputs: readonly CaInput[], password: string | undefined): CaMaterial {
  const found: Found = { keys: [], certificates: [] }
  for (const { path, bytes } of inputs) {
    if (bytes.includes('-----BEGIN ')) collectPem(bytes.toString('latin1'), password, path, found)
    else if (!collectDerCertificate(bytes, found)) collectPkcs12(bytes, password, path, found)
  }
  const where = inputs.map(({ path }) => path).join(', ')
  if (found.keys.length === 0) {
    throw new CaError('ca_no_key', 'no private key was found', 'give the key file too, or a PKCS#12 file that holds it').in(where)
  }
  if (found.certificates.length === 0) {
    throw new CaError('ca_no_certificate', 'no certificate was found', 'give the certificate file too, or a PKCS#12 file that holds it').in(
      where,
    )
  }
  const { key, certificate } = firstPair(found, where)
  return {
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: encodePem('CERTIFICATE', certificate.raw),
    chainPem: intermediates(certificate, found.certificates)
      .map((item) => encodePem('CERTIFICATE', item.raw))
      .join(''),
    previous: [],
  }
}

interface Found {
  readonly keys: KeyObject[]
  readonly certificates: X509Certificate[]
}

function firstPair({ keys, certificates }: Found, where: string): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  for (const key of keys) {
    const certificate = certificates.find((candidate) => candidate.checkPrivateKey(key))
    if (certificate !== undefined) return { key, certificate }
  }
  throw new CaError('ca_key_mismatch', 'the private key belongs to none of the certificates', 'give the key of the CA certificate').in(
    where,
  )
}

function collectPem(text: string, password: string | undefined, path: string, found: Found): void {
  const blocks = decodePem(text)
  if (blocks.length === 0) {
    const remedy = 'copy it whole, from its BEGIN line to its END line'
    throw new CaError('ca_corrupt', `${path} begins PEM and does not end it`, remedy)
  }
  for (const block of blocks) {
    if (CERTIFICATE_LABELS.includes(block.label)) found.certificates.push(certificateOf(block.der, path))
    else if (block.label.endsWith('PRIVATE KEY')) found.keys.push(pemKey(block.pem, password, path))
  }
}

function pemKey(pem: string, password: string | undefined, path: string): KeyObject {
  const isEncrypted = pem.includes('ENCRYPTED')
  if (isEncrypted && password === undefined) throw wrongPassword(`the private key in ${path} is encrypted`)
  try {
    return createPrivateKey(isEncrypted && password !== undefined ? { key: pem, passphrase: password } : pem)
  } catch (cause) {
    if (isUnsupported(cause)) {
      const what = `the private key in ${path} is encrypted by an old algorithm that is not read here`
      const remedy = 'encrypt it anew: openssl pkcs8 -topk8 -provider legacy -provider default -in OLD -out NEW'
      throw new CaError('ca_corrupt', what, remedy, cause)
    }
    if (isEncrypted) throw wrongPassword(`the private key in ${path} cannot be decrypted`, cause)
    throw new CaError('ca_corrupt', `the private key in ${path} cannot be parsed`, 'give a key in PKCS#8, PKCS#1 or SEC1 PEM', cause)
  }
}

/** RC2, RC4, single DES, MD5 and the like: OpenSSL 3 has them in its legacy provider, which Node does not load. */
function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_OSSL_EVP_UNSUPPORTED'
}

function collectDerCertificate(input: Buffer, found: Found): boolean {
  try {
    found.certificates.push(new X509Certificate(input))
    return true
  } catch {
    return false
  }
}

function certificateOf(der: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new CaError('ca_corrupt', `a certificate in ${path} cannot be parsed`, 'give X.509 certificates in PEM, DER or PKCS#12', cause)
  }
}

function collectPkcs12(input: Buffer, password: string | undefined, path: string, found: Found): void {
  const { keys, certificates } = readPkcs12(input, password ?? '', path)
  found.keys.push(...keys)
  found.certificates.push(...certificates.map((der) => certificateOf(der, path)))
}

/** From the CA's issuer up to, and without, the root, which clients hold themselves. */
function intermediates(certificate: X509Certificate, candidates: readonly X509Certificate[]): X509Certificate[] {
  const chain: X509Certificate[] = []
  let current = certificate
  while (chain.length < candidates.length) {
    const child = current
    const issuer = candidates.find((item) => child !== item && !chain.includes(item) && child.checkIssued(item))
    if (issuer === undefined || issuer.checkIssued(issuer)) break
    chain.push(issuer)
    current = issuer
  }
  return chain
}

function wrongPassword(what: string, cause?: unknown): CaError {
  return new CaError('ca_password', `${what}: the password is missing or wrong`, 'give it with --password-file FILE', cause)
}
