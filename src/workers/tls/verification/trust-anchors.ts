/**
 * The roots that origins are verified against: Node's own, the system's, and an extra file, as one deduplicated list.
 *
 * Read once by the main thread and given to the workers as strings; `origin-contexts.ts` makes the context of them. Nothing of
 * it is fatal but the extra file, which the operator has named.
 */

import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import * as tls from 'node:tls'
import { TRUST_ANCHORS_LIMIT, TRUST_FILE_LIMIT_BYTES } from '../../../shared/limits/certificates.ts'
import { CaError } from '../ca/ca-error.ts'
import { decodePem, encodePem } from '../x509/pem.ts'

export interface TrustAnchors {
  /** All of them in one PEM text. */
  readonly pem: string
  readonly count: number
  /** How many each source added that no earlier one had. */
  readonly bundled: number
  readonly system: number
  readonly extra: number
  /** Certificates of the system or extra store that do not parse, or exceed the bound. */
  readonly skipped: number
}

/** Where distributions keep the bundle: Debian and Arch, Fedora, openSUSE, older RHEL, Alpine and BSDs. The first that exists counts. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
]

export interface TrustSources {
  readonly extraFile?: string | undefined
  /** Overrides the system bundle, as OpenSSL's and Go's SSL_CERT_FILE does. */
  readonly systemFile?: string | undefined
  /** False: without Node's own roots, so as to write down what the system trusts. */
  readonly bundled?: boolean
}

export function loadTrustAnchors(sources: TrustSources): TrustAnchors {
  const collected: Collected = { bodies: new Set(), pem: [], skipped: 0 }
  for (const pem of sources.bundled === false ? [] : tls.rootCertificates) add(collected, decodePem(pem)[0]?.der ?? Buffer.alloc(0), false)
  const bundled = collected.pem.length
  for (const der of systemCertificates(sources.systemFile)) add(collected, der, true)
  const system = collected.pem.length - bundled
  if (sources.extraFile !== undefined) for (const der of extraCertificates(sources.extraFile)) add(collected, der, true)
  const count = collected.pem.length
  return { pem: collected.pem.join(''), count, bundled, system, extra: count - bundled - system, skipped: collected.skipped }
}

interface Collected {
  readonly bodies: Set<string>
  readonly pem: string[]
  skipped: number
}

/** `check`: parse it first, since OpenSSL's loader stops silently at the first certificate that it cannot read. */
function add(collected: Collected, der: Buffer, check: boolean): void {
  const body = der.toString('latin1')
  if (collected.bodies.has(body)) return
  if (collected.pem.length >= TRUST_ANCHORS_LIMIT || (check && !parses(der))) {
    collected.skipped++
    return
  }
  collected.bodies.add(body)
  collected.pem.push(encodePem('CERTIFICATE', der))
}

function parses(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length > 0
  } catch {
    return false
  }
}

/** A bundle file where there is one; macOS and Windows have none, and Node ≥ 22.15 reads their stores. */
function systemCertificates(systemFile: string | undefined): Buffer[] {
  for (const path of systemFile === undefined ? SYSTEM_BUNDLES : [systemFile]) {
    const certificates = readBundle(path)
    if (certificates instanceof Error) continue
    return certificates
  }
  if (process.platform === 'linux') return []
  const read: unknown = Reflect.get(tls, 'getCACertificates')
  const pems: string[] = typeof read === 'function' ? read('system') : []
  return decodePem(pems.join('\n')).map((block) => block.der)
}

function extraCertificates(path: string): Buffer[] {
  const certificates = readBundle(path)
  if (certificates instanceof Error) {
    const remedy = 'correct upstream.extra_ca_file, or make the file readable for this user'
    throw new CaError('trust_unreadable', `cannot read ${path}: ${certificates.message}`, remedy, certificates)
  }
  if (certificates.length === 0) {
    throw new CaError('trust_empty', `${path} holds no certificate in PEM`, 'give a file with BEGIN CERTIFICATE blocks')
  }
  return certificates
}

function readBundle(path: string): Buffer[] | Error {
  try {
    const found = statSync(path)
    // A pipe or a device would keep us reading for ever.
    if (!found.isFile()) return new Error('it is not a regular file')
    if (found.size > TRUST_FILE_LIMIT_BYTES) return new Error('the file is too large for a bundle')
    return decodePem(readFileSync(path, 'latin1'))
      .filter((block) => block.label === 'CERTIFICATE')
      .map((block) => block.der)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
