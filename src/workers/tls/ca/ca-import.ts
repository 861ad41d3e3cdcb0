/**
 * Reads an operator's own CA from PEM files or PKCS#12, whatever their order and extras, into what the store keeps.
 *
 * The certificate is the one that the key belongs to; the others become the chain where they lead from it to its root. Whether
 * it is fit to be a CA is judged by `CertificateAuthority`. Main thread: `soth-mitm ca import`.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import type { CaMaterial } from '../../../shared/ca-material.ts'
import { encode } from '../x509/der-writer.ts'
import { decodePem, encodePem } from '../x509/pem.ts'
import { CaError } from './ca-error.ts'

/** `inputs`: contents of the files given, one PKCS#12 or any number of PEM and DER ones. Throws a `CaError`. */
export function importCaMaterial(inputs: readonly Buffer[], password: string | undefined): CaMaterial {
  const found: Found = { keys: [], certificates: [] }
  for (const input of inputs) {
    if (input.includes('-----BEGIN ')) collectPem(input.toString('latin1'), password, found)
    else if (!collectDerCertificate(input, found)) collectPkcs12(input, password, found)
  }
  const [key] = found.keys
  if (key === undefined) {
    throw new CaError('ca_no_key', 'no private key was found', 'give the key file too, or a PKCS#12 file that holds it')
  }
  if (found.certificates.length === 0) {
    throw new CaError('ca_no_certificate', 'no certificate was found', 'give the certificate file too, or a PKCS#12 file that holds it')
  }
  const certificate = found.certificates.find((candidate) => candidate.checkPrivateKey(key))
  if (certificate === undefined) {
    throw new CaError('ca_key_mismatch', 'the private key belongs to none of the certificates', 'give the key of the CA certificate')
  }
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

function collectPem(text: string, password: string | undefined, found: Found): void {
  for (const block of decodePem(text)) {
    if (block.label === 'CERTIFICATE') found.certificates.push(certificateOf(block.der))
    else if (block.label.endsWith('PRIVATE KEY')) found.keys.push(pemKey(block.pem, password))
  }
}

function pemKey(pem: string, password: string | undefined): KeyObject {
  const isEncrypted = pem.includes('ENCRYPTED')
  if (isEncrypted && password === undefined) throw wrongPassword('the private key is encrypted')
  try {
    return createPrivateKey(isEncrypted && password !== undefined ? { key: pem, passphrase: password } : pem)
  } catch (cause) {
    if (isEncrypted) throw wrongPassword('the private key cannot be decrypted', cause)
    throw new CaError('ca_corrupt', 'the private key cannot be parsed', 'give a key in PKCS#8, PKCS#1 or SEC1 PEM', cause)
  }
}

function collectDerCertificate(input: Buffer, found: Found): boolean {
  try {
    found.certificates.push(new X509Certificate(input))
    return true
  } catch {
    return false
  }
}

function certificateOf(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new CaError('ca_corrupt', 'a certificate cannot be parsed', 'give X.509 certificates in PEM, DER or PKCS#12', cause)
  }
}

function collectPkcs12(input: Buffer, password: string | undefined, found: Found): void {
  for (const bag of pkcs12Bags(input, password)) {
    if (bag.type === forge.pki.oids['certBag']) {
      found.certificates.push(certificateOf(encode(bag.cert ? forge.pki.certificateToAsn1(bag.cert) : bag.asn1)))
    } else if (bag.type === forge.pki.oids['keyBag'] || bag.type === forge.pki.oids['pkcs8ShroudedKeyBag']) {
      found.keys.push(bagKey(bag))
    }
  }
}

/** Node-forge takes one octet per character of a PBES2 password, so that passwords beyond ASCII open no PKCS#12 here. */
function pkcs12Bags(input: Buffer, password: string | undefined): forge.pkcs12.Bag[] {
  const outer = parsePkcs12(input)
  try {
    const pfx = forge.pkcs12.pkcs12FromAsn1(outer, false, password ?? '')
    return pfx.safeContents.flatMap((contents) => contents.safeBags)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : ''
    if (/password|MAC|decrypt/i.test(reason)) throw wrongPassword('the PKCS#12 file cannot be opened', cause)
    throw notPkcs12(cause)
  }
}

function parsePkcs12(input: Buffer): forge.asn1.Asn1 {
  try {
    return forge.asn1.fromDer(input.toString('latin1'), false)
  } catch (cause) {
    throw notPkcs12(cause)
  }
}

/** Node-forge makes a key object of RSA only; other kinds it leaves as the PKCS#8 structure, which node:crypto takes. */
function bagKey(bag: forge.pkcs12.Bag): KeyObject {
  const [node, type] = bag.key ? ([forge.pki.privateKeyToAsn1(bag.key), 'pkcs1'] as const) : ([bag.asn1, 'pkcs8'] as const)
  try {
    return createPrivateKey({ key: encode(node), format: 'der', type })
  } catch (cause) {
    throw new CaError('ca_corrupt', 'the private key of the PKCS#12 file cannot be parsed', 'export it anew from its source', cause)
  }
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
  return new CaError(
    'ca_password',
    `${what}: the password is missing or wrong`,
    'give it with --password-file FILE; in PKCS#12 it must be ASCII',
    cause,
  )
}

function notPkcs12(cause: unknown): CaError {
  return new CaError('ca_corrupt', 'the file is neither PEM, nor a certificate in DER, nor PKCS#12', 'give one of these', cause)
}
