/**
 * ClientIdentity: a certificate with its key for origins that ask for one, read from the operator's files and found fit.
 *
 * Read when a configuration is checked and again when an engine starts or reloads; shards are given the contents. Synchronous.
 * Main thread, or the loader's.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { messageOf } from './errors.ts'
import { IDENTITY_FILE_BYTES } from './limits/certificates.ts'
import { readNamedFile } from './options/named-file.ts'
import { ConfigError } from './options/problems/config-error.ts'
import type { EngineOptions } from './options/schema.ts'
import type { ClientCertificateOptions } from './options/tls-schema.ts'

/** As `createSecureContext` takes it, PEM or PKCS#12. Plain data. */
export interface ClientIdentity {
  /** SHA-256 of the certificate: what connections under one identity have in common. */
  readonly fingerprint: string
  readonly cert?: string
  readonly key?: string
  readonly pfx?: Uint8Array
  readonly passphrase?: string
}

/** An identity, and the host patterns that it is for. */
export interface HostIdentity {
  readonly hosts: readonly string[]
  readonly identity: ClientIdentity
}

/** All of a configuration, in its order. Throws a ConfigError where one is not usable (any more). */
export function loadClientIdentities(options: EngineOptions, nowMs: number): HostIdentity[] {
  return options.upstream.client_certificates.map((entry) => ({ hosts: entry.host, identity: loadClientIdentity(entry, nowMs) }))
}

export function loadClientIdentity(options: ClientCertificateOptions, nowMs: number): ClientIdentity {
  const material = readMaterial(options)
  const certificate = certificateOf(contextOf(material))
  checkKey(material, certificate)
  const name = certificate.subject.replaceAll('\n', ', ')
  if (Date.parse(certificate.validTo) <= nowMs) {
    throw ConfigError.of(`the certificate of ${name} has expired on ${certificate.validTo}`, 'renew it')
  }
  if (Date.parse(certificate.validFrom) > nowMs) {
    throw ConfigError.of(`the certificate of ${name} is valid from ${certificate.validFrom} only`, 'check the clock, or wait')
  }
  return { fingerprint: certificate.fingerprint256, ...material }
}

/** OpenSSL compares a key with a certificate of the same kind only: one of another kind would go into a context, and never be used. */
function checkKey({ key, passphrase }: Material, certificate: X509Certificate): void {
  if (key === undefined) return
  const isItsKey = certificate.checkPrivateKey(createPrivateKey(passphrase === undefined ? key : { key, passphrase }))
  if (!isItsKey) throw MISMATCH
}

const MISMATCH = ConfigError.of('the key is not that of the certificate', 'give the key that belongs to it')

type Material = Omit<ClientIdentity, 'fingerprint'>

function readMaterial({ cert, key, pkcs12, passphrase }: ClientCertificateOptions): Material {
  const secret = passphrase === undefined ? {} : { passphrase }
  if (pkcs12 !== undefined && cert === undefined && key === undefined)
    return { pfx: new Uint8Array(readNamedFile(pkcs12, IDENTITY_FILE_BYTES)), ...secret }
  if (cert !== undefined && key !== undefined && pkcs12 === undefined) {
    const textOf = (file: string) => readNamedFile(file, IDENTITY_FILE_BYTES).toString('latin1')
    return { cert: textOf(cert), key: textOf(key), ...secret }
  }
  throw ConfigError.of('is neither a certificate with its key nor a PKCS#12 file', 'give `cert` and `key`, or `pkcs12` alone')
}

function contextOf({ pfx, ...rest }: Material): SecureContext {
  try {
    return createSecureContext({ ...rest, ...(pfx === undefined ? {} : { pfx: Buffer.from(pfx) }), ca: [] })
  } catch (error) {
    throw refusalOf(messageOf(error), pfx !== undefined, SEALED_PEM.test(rest.key ?? ''))
  }
}

/** A key under a passphrase: PKCS#8 (RFC 5958) or the older PEM (RFC 1421). */
const SEALED_PEM = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m

/**
 * What OpenSSL says of material that it does not take, by the words that stay the same from 3.0 to 3.5. One wrong passphrase in 250 or so
 * leaves a padding that looks right: what is decrypted is then of no known form.
 */
function refusalOf(message: string, isPkcs12: boolean, isSealed: boolean): ConfigError {
  const what = isPkcs12 ? 'the PKCS#12 file' : 'the key'
  if (
    /mac verify|bad decrypt|bad password|interrupted or cancelled|empty password|processing error/i.test(message) ||
    (isSealed && /DECODER routines::unsupported/.test(message))
  ) {
    return ConfigError.of(`${what} cannot be opened: the passphrase is missing or wrong`, 'correct `passphrase`')
  }
  if (/mismatch/i.test(message)) return MISMATCH
  if (/unsupported/i.test(message) && isPkcs12) {
    return ConfigError.of(
      'the PKCS#12 file is encrypted by an algorithm that OpenSSL 3 no longer reads (RC2 or single DES)',
      'write it anew: openssl pkcs12 -legacy -in old.p12 -nodes | openssl pkcs12 -export -out new.p12',
    )
  }
  return ConfigError.of(
    `${isPkcs12 ? what : 'certificate or key'} cannot be read (${message})`,
    isPkcs12 ? 'give a PKCS#12 file with one key' : 'give PEM files',
  )
}

/** Node's types do not know the native context, which holds the certificate that it has taken. */
interface NativeContext {
  getCertificate(): Buffer | null
}

function certificateOf({ context }: SecureContext): X509Certificate {
  const der = (context as NativeContext).getCertificate()
  if (der === null) throw ConfigError.of('holds no certificate', 'give one with its key')
  return new X509Certificate(der)
}
