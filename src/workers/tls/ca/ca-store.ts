/**
 * The CA on disk: created once, loaded ever after, rotated and replaced by one atomic step. Main thread, at start and in
 * `soth-mitm ca`; workers get `authority.material`.
 *
 *     <directory>/          0700
 *       ca-key.pem          0600   key, certificate, intermediates, replaced certificates with their overlap
 *       ca.pem              0644   what clients trust: certificate, and replaced ones within their overlap
 *
 * `ca-key.pem` is the whole truth, so that one `link` or `rename` commits everything: two processes that start at once both
 * offer a CA by `link`, which fails where the name exists; the loser reads the winner's. `ca.pem` is derived from it.
 */

import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { CaMaterial, PreviousCa } from '../../../shared/ca-material.ts'
import { isSystemError, systemReason } from '../../../shared/errors.ts'
import { CA_FILE_LIMIT_BYTES, CA_OVERLAP_MS } from '../../../shared/limits/certificates.ts'
import { decodePem } from '../x509/pem.ts'
import { CaError } from './ca-error.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { createAuthority } from './create-authority.ts'

const KEY_FILE = 'ca-key.pem'
const CERTIFICATE_FILE = 'ca.pem'
const PUBLISHED_UNTIL = 'Published-Until: '

export interface OpenedCa {
  readonly authority: CertificateAuthority
  /** True where this call made it. */
  readonly created: boolean
  /** What clients are pointed at: PEM, certificates only. */
  readonly certificateFile: string
  readonly keyFile: string
  /** Sentences for the operator: what is usable but unwise. */
  readonly warnings: readonly string[]
}

export class CaStore {
  readonly #directory: string
  readonly #now: () => number

  /** `directory` may begin with `~/`, as the configuration's default does. */
  constructor(directory: string, now: () => number) {
    this.#directory = directory.startsWith('~/') ? join(homedir(), directory.slice(2)) : directory
    this.#now = now
  }

  get #keyFile(): string {
    return join(this.#directory, KEY_FILE)
  }

  get #certificateFile(): string {
    return join(this.#directory, CERTIFICATE_FILE)
  }

  /** The CA of this directory, made if there is none. Throws a `CaError` where it cannot be used. */
  open(): OpenedCa {
    const existing = this.#read()
    if (existing !== undefined) return this.#publish(existing, false)
    const made = createAuthority(this.#now())
    const won = this.#commit(made.material, 'create')
    const authority = won ? made : this.#read()
    if (authority === undefined) throw new CaError('ca_unreadable', `${this.#keyFile} is a link to a file that is not there`, 'remove it')
    return this.#publish(authority, won)
  }

  /** The CA of this directory; throws `ca_missing` where there is none. */
  load(): OpenedCa {
    const authority = this.#read()
    if (authority === undefined) throw missing(this.#directory)
    return this.#publish(authority, false)
  }

  /** A new CA signs from now on; the old certificate stays in the exports until no leaf of it can be valid. */
  rotate(): OpenedCa {
    const old = this.#read()
    if (old === undefined) throw missing(this.#directory)
    const authority = createAuthority(this.#now(), this.#retire(old))
    this.#commit(authority.material, 'replace')
    return this.#publish(authority, true)
  }

  /** Puts an operator's own CA in place. `replace`: even where one exists, which is then retired as by a rotation. */
  install(material: CaMaterial, replace: boolean): OpenedCa {
    const old = replace ? this.#readForReplacement() : undefined
    const authority = new CertificateAuthority({ ...material, previous: old === undefined ? [] : this.#retire(old) })
    authority.assertValidAt(this.#now())
    if (!this.#commit(authority.material, replace ? 'replace' : 'create')) {
      const remedy = 'replace it with `--replace` (its certificate stays published for a while), or give another --ca-dir'
      throw new CaError('ca_exists', `${this.#directory} holds a CA already`, remedy)
    }
    return this.#publish(authority, true)
  }

  #retire(old: CertificateAuthority): PreviousCa[] {
    const nowMs = this.#now()
    const untilMs = Math.min(nowMs + CA_OVERLAP_MS, old.notAfterMs)
    const replaced = { certificatePem: old.material.certificatePem, publishedUntilMs: untilMs }
    return [replaced, ...old.material.previous].filter((ca) => ca.publishedUntilMs > nowMs)
  }

  /** A damaged CA must not stop its own replacement. */
  #readForReplacement(): CertificateAuthority | undefined {
    try {
      return this.#read()
    } catch (error) {
      if (error instanceof CaError && error.code !== 'ca_unreadable') return undefined
      throw error
    }
  }

  #read(): CertificateAuthority | undefined {
    const text = readIfExists(this.#keyFile)
    if (text === undefined) return undefined
    try {
      return new CertificateAuthority(parseCaFile(text))
    } catch (error) {
      throw error instanceof CaError ? error.in(this.#keyFile) : error
    }
  }

  /** Writes `material` whole or not at all. False: 'create' found a CA in place. */
  #commit(material: CaMaterial, mode: 'create' | 'replace'): boolean {
    try {
      makeDirectory(resolve(this.#directory))
      return writeAtomically(this.#keyFile, formatCaFile(material), 0o600, mode)
    } catch (cause) {
      throw CaError.unwritable('the CA', this.#directory, cause)
    }
  }

  #publish(authority: CertificateAuthority, created: boolean): OpenedCa {
    const warnings: string[] = []
    const text = authority.publishedPems(this.#now()).join('')
    if (!created) authority.assertValidAt(this.#now())
    try {
      if (readIfExists(this.#certificateFile) !== text) writeAtomically(this.#certificateFile, text, 0o644, 'replace')
    } catch (cause) {
      // A read-only directory, such as a mounted secret, serves all the same; only the file for clients may be old.
      warnings.push(`${this.#certificateFile} could not be brought up to date: ${systemReason(cause)}`)
    }
    if (process.platform !== 'win32') {
      if ((statSync(this.#keyFile).mode & 0o077) !== 0) warnings.push(`${this.#keyFile} is accessible to other users: chmod 600 it`)
      if ((statSync(this.#directory).mode & 0o002) !== 0) {
        warnings.push(`${this.#directory} can be written to by everybody, who can put a CA of theirs in place: chmod 700 it`)
      }
    }
    return { authority, created, certificateFile: this.#certificateFile, keyFile: this.#keyFile, warnings }
  }
}

/**
 * Makes `path` and its missing parents, each 0700; an existing directory is left as it is. Not Node's recursive mkdir, which
 * never returns where a file system answers ENOENT below an existing parent (as /proc does).
 */
function makeDirectory(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error
  }
}

/** Replaced certificates carry the end of their overlap in the text before their block (RFC 7468 §5.2). */
function formatCaFile(material: CaMaterial): string {
  const previous = material.previous.map((ca) => `${PUBLISHED_UNTIL}${new Date(ca.publishedUntilMs).toISOString()}\n${ca.certificatePem}`)
  return [material.keyPem, material.certificatePem, material.chainPem, ...previous].join('')
}

function parseCaFile(text: string): CaMaterial {
  const blocks = decodePem(text)
  const key = blocks.find((block) => block.label.endsWith('PRIVATE KEY'))
  const certificates = blocks.filter((block) => block.label === 'CERTIFICATE')
  const current = certificates.filter((block) => !block.preamble.includes(PUBLISHED_UNTIL))
  const [certificate, ...chain] = current
  if (key === undefined || certificate === undefined) {
    const what = key === undefined ? 'private key' : 'certificate'
    const remedy = 'restore it from a backup, or move it away to have a new CA made (clients must then trust the new one)'
    throw new CaError('ca_corrupt', `it holds no complete ${what}`, remedy)
  }
  const previous: PreviousCa[] = []
  for (const block of certificates) {
    const until = block.preamble.split(PUBLISHED_UNTIL)[1]
    const untilMs = until === undefined ? Number.NaN : Date.parse(until.trim())
    if (!Number.isNaN(untilMs)) previous.push({ certificatePem: block.pem, publishedUntilMs: untilMs })
  }
  return { keyPem: key.pem, certificatePem: certificate.pem, chainPem: chain.map((block) => block.pem).join(''), previous }
}

function readIfExists(path: string): string | undefined {
  try {
    const found = statSync(path)
    // A pipe or a device would keep us reading for ever.
    if (!found.isFile())
      throw new CaError('ca_unreadable', `${path} is not a file`, 'move it away, or give another directory with --ca-dir')
    if (found.size > CA_FILE_LIMIT_BYTES) {
      throw new CaError('ca_corrupt', `${path} is too large for a CA: ${found.size} octets`, 'move it away')
    }
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof CaError) throw cause
    if (isSystemError(cause) && cause.code === 'ENOENT') return undefined
    const isDenied = isSystemError(cause) && ['EACCES', 'EPERM'].includes(cause.code ?? '')
    const remedy = `${isDenied ? 'make it readable for this user, or ' : ''}give another directory with --ca-dir`
    throw new CaError('ca_unreadable', `cannot read ${path}: ${systemReason(cause)}`, remedy, cause)
  }
}

/**
 * Complete and synced under another name first, then in place by one step. 'create' uses `link`, which fails where the name
 * is taken; 'replace' uses `rename`. File systems without hard links (FAT, some container mounts) fall back to `rename` after
 * a look: two *first* starts in the same millisecond can then disagree until the loser restarts.
 */
function writeAtomically(path: string, text: string, mode: number, how: 'create' | 'replace'): boolean {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = openSync(temporary, 'wx', mode)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    // The umask has been applied to `mode` by open.
    chmodSync(temporary, mode)
    if (how === 'create') return linkOrYield(temporary, path)
    renameSync(temporary, path)
    return true
  } finally {
    rmSync(temporary, { force: true })
  }
}

function linkOrYield(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (error.code === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(error.code ?? '')) throw error
    if (readIfExists(path) !== undefined) return false
    renameSync(temporary, path)
    return true
  }
}

function missing(directory: string): CaError {
  return new CaError('ca_missing', `${directory} holds no CA`, 'start soth-mitm once, or import one: `soth-mitm ca import FILE`')
}
