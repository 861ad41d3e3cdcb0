/**
 * The files that clients are pointed at, beside the CA's own. Main thread.
 *
 *     ca.pem               the CA                              where a variable or store adds to the roots
 *     ca-bundle.pem        the system's roots and the CA       where a variable replaces them (SSL_CERT_FILE and its like)
 *     ca-truststore.p12    the same for Java                   `javax.net.ssl.trustStore` replaces as well
 *     wgetrc               the user's own, and the bundle      wget, which no variable tells of a certificate (WGETRC)
 *
 * A bundle with the CA alone would cut a program off from every host that is tunnelled, ignored, or reached past the proxy.
 */

import { randomBytes, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isSystemError } from '../../shared/errors.ts'
import { CaError } from '../../workers/tls/ca/ca-error.ts'
import { subjectHashOld } from '../../workers/tls/ca/ca-export.ts'
import type { OpenedCa } from '../../workers/tls/ca/ca-store.ts'
import { trustStorePkcs12 } from '../../workers/tls/ca/pkcs12-writer.ts'
import { loadTrustAnchors } from '../../workers/tls/verification/trust-anchors.ts'
import { decodePem } from '../../workers/tls/x509/pem.ts'
import type { Environment } from './machine.ts'
import { TRUST_VARIABLES } from './trust-variables.ts'

/** Java's own default, known to every tool that opens trust stores; the file holds nothing secret. */
export const TRUST_STORE_PASSWORD = 'changeit'

/** Largest file of settings taken over: wget's own manual has some 130 lines of them. */
const WGETRC_LIMIT_BYTES = 1_048_576

/** What a CA is called in stores. */
export interface CaNames {
  /** SHA-1 in hex: how the stores of macOS and Windows find a certificate. A name, no protection. */
  readonly sha1: string
  /** The name in NSS and Java stores: with the fingerprint's beginning, so that a rotated CA does not collide with its predecessor. */
  readonly nickname: string
}

/** Absolute paths, and what names the CA in stores. */
export interface TrustFiles extends CaNames {
  readonly ca: string
  readonly bundle: string
  readonly trustStore: string
  readonly wgetrc: string
  /** SHA-256, `AB:CD:…`. */
  readonly fingerprint: string
  /** `<hash>.0`, the name in Android's system store. */
  readonly hashName: string
  /** CAs that this one has replaced, which may be in stores still. */
  readonly replaced: readonly CaNames[]
}

/** All names under which a store may hold a CA of ours: what is taken back. */
export function everyName(files: TrustFiles): readonly CaNames[] {
  return [files, ...files.replaced]
}

export function trustFilesOf(opened: OpenedCa): TrustFiles {
  const ca = resolve(opened.certificateFile)
  const { certificate, material } = opened.authority
  return {
    ca,
    bundle: join(dirname(ca), 'ca-bundle.pem'),
    trustStore: join(dirname(ca), 'ca-truststore.p12'),
    wgetrc: join(dirname(ca), 'wgetrc'),
    fingerprint: certificate.fingerprint256,
    hashName: `${subjectHashOld(certificate.raw)}.0`,
    ...namesOf(certificate),
    replaced: material.previous.map(({ certificatePem }) => namesOf(new X509Certificate(certificatePem))),
  }
}

function namesOf({ fingerprint, fingerprint256 }: X509Certificate): CaNames {
  const hex = (text: string) => text.replaceAll(':', '').toLowerCase()
  return { sha1: hex(fingerprint), nickname: `soth-mitm-${hex(fingerprint256).slice(0, 8)}` }
}

/** Brings bundle and trust store up to date; they are only written where they change. */
export function writeTrustFiles(opened: OpenedCa, env: Environment, nowMs: number): TrustFiles {
  const files = trustFilesOf(opened)
  const published = opened.authority.publishedPems(nowMs)
  try {
    // Inside `exec` the bundle stands for what was set before; made anew, it would lose that.
    if (isInUse(files, env) && readFileSync(files.bundle, 'latin1').startsWith(published.join(''))) return files
    const text = bundleOf(published, files, env)
    const isNew = !existsSync(files.bundle) || readFileSync(files.bundle, 'latin1') !== text
    if (isNew || !existsSync(files.trustStore)) replaceFile(files.trustStore, javaTrustStore(text))
    // Last, since it tells whether the trust store is up to date: whoever is stopped between the two begins anew.
    if (isNew) replaceFile(files.bundle, Buffer.from(text, 'latin1'))
    writeWgetrc(files, env)
  } catch (error) {
    if (error instanceof CaError || !isSystemError(error)) throw error
    throw CaError.unwritable('the files for clients', dirname(files.bundle), error)
  }
  return files
}

function isInUse(files: TrustFiles, env: Environment): boolean {
  return (
    resolve(env['SSL_CERT_FILE'] ?? '') === files.bundle && [files.bundle, files.trustStore, files.wgetrc].every((path) => existsSync(path))
  )
}

/** The CA first: it is what is looked for. Then the roots that programs here would use without us. */
function bundleOf(published: readonly string[], files: TrustFiles, env: Environment): string {
  const own = [files.ca, files.bundle]
  // What a company has set for this machine stays trusted. What a previous `exec` set is ours, and would keep rotated CAs alive.
  const named = (name: string) => {
    const path = env[name]
    return path === undefined || path === '' || own.includes(resolve(path)) || !existsSync(path) ? undefined : resolve(path)
  }
  const systemFile = named('SSL_CERT_FILE')
  const others = new Set(TRUST_VARIABLES.flatMap(({ name }) => named(name) ?? []))
  if (systemFile !== undefined) others.delete(systemFile)
  const texts = [systemRoots(systemFile), ...[...others].map((file) => loadTrustAnchors({ systemFile: file, bundled: false }).pem)]
  return [...published, ...new Set(decodePem(texts.join('')).map(({ pem }) => pem))].join('')
}

/** Node's own roots only stand in where the system shows none. */
function systemRoots(systemFile: string | undefined): string {
  const anchors = loadTrustAnchors({ systemFile, bundled: false })
  return anchors.system > 0 ? anchors.pem : loadTrustAnchors({ systemFile }).pem
}

function javaTrustStore(bundle: string): Buffer {
  const certificates = decodePem(bundle).map(({ der }, index) => ({
    der,
    friendlyName: index === 0 ? 'soth-mitm' : `root-${index}`,
  }))
  return trustStorePkcs12(certificates, TRUST_STORE_PASSWORD)
}

/** What wget would have read, with our line behind it: the last counts. It may hold passwords. What is not to be read is wget's to tell. */
function writeWgetrc(files: TrustFiles, env: Environment): void {
  const own = env['WGETRC'] ?? join(env['HOME'] ?? homedir(), '.wgetrc')
  const before = resolve(own) === files.wgetrc ? '' : readSettings(own)
  const text = `${before}ca_certificate = ${files.bundle}\n`
  if (existsSync(files.wgetrc) && readFileSync(files.wgetrc, 'latin1') === text) return
  replaceFile(files.wgetrc, Buffer.from(text, 'latin1'), 0o600)
}

function readSettings(path: string): string {
  try {
    const found = statSync(path)
    return found.isFile() && found.size <= WGETRC_LIMIT_BYTES ? readFileSync(path, 'latin1').replace(/\n?$/, '\n') : ''
  } catch {
    return ''
  }
}

/** Whole or not at all: a program that starts now must not read half a bundle. */
function replaceFile(path: string, bytes: Buffer, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode })
    chmodSync(temporary, mode)
    renameSync(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
}
