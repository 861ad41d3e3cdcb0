/**
 * `soth-mitm ca show | export | import | rotate`: the CA as the operator handles it. `ca trust` is in `trust/`.
 *
 * `runCaCommand`: arguments in, text out; it touches the CA directory and the files named, and prints nothing itself.
 * Main thread.
 */

import { closeSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemReason } from '../shared/errors.ts'
import { CA_FILE_LIMIT_BYTES } from '../shared/limits/certificates.ts'
import { parseOptions } from '../shared/options/parse-options.ts'
import { nearestName } from '../shared/options/problems/nearest-name.ts'
import { CaError } from '../workers/tls/ca/ca-error.ts'
import {
  type ExportedFile,
  exportDer,
  exportHashNamed,
  exportIdentityPkcs12,
  exportJavaTrustStore,
  exportPem,
} from '../workers/tls/ca/ca-export.ts'
import { importCaMaterial } from '../workers/tls/ca/ca-import.ts'
import { CaStore, type OpenedCa } from '../workers/tls/ca/ca-store.ts'
import type { Command } from './arguments/command.ts'
import { type FlagSpecs, parseArguments, singleValue } from './arguments/parse-arguments.ts'
import { UsageError } from './arguments/usage-error.ts'
import { EXIT_OK } from './exit-codes.ts'
import { runTrustCommand } from './trust/trust-command.ts'
import { TRUST_STORE_PASSWORD } from './trust/trust-files.ts'

const CA_USAGE = `Usage: soth-mitm ca <command> [--ca-dir DIR] [--help]

  show                          subject, fingerprint, dates and files
  export [--format FORMAT] [--out PATH] [--password-file FILE]
         pem   certificates to trust (default; to standard output without --out)
         der   the certificate, for Windows, Android and iOS
         p12   certificate and key; needs --password-file
         jks   Java trust store in PKCS#12 (password "changeit" unless given)
         hash  <subject hash>.0 files for Android's system store; --out names a directory
  import FILE... [--password-file FILE] [--replace]
         a CA of your own: PEM key and certificate, or PKCS#12
  rotate                        a new CA; the old certificate stays in the exports for 45 days
  trust [--install | --uninstall] [--target NAME]... [--all]
         the steps by which this machine trusts the CA; printed, or performed
`

const CA_FLAGS = {
  'ca-dir': { value: 'DIRECTORY', doc: 'directory of the CA key and certificate (default ~/.soth-mitm)' },
  format: { value: 'FORMAT', doc: 'pem (default), der, p12, jks or hash' },
  out: { value: 'PATH', doc: 'where it is written' },
  'password-file': { value: 'FILE', doc: 'holds the password on its first line' },
  replace: { doc: 'in the place of the CA that is there' },
  help: { doc: 'show this help', short: 'h' },
} as const satisfies FlagSpecs

interface Flags {
  readonly format: string
  readonly out: string | undefined
  readonly passwordFile: string | undefined
  readonly replace: boolean
}

export const caCommand: Command = {
  summary: 'show, export, import or rotate the CA; make this machine trust it (ca trust)',
  operands: ['COMMAND'],
  flags: CA_FLAGS,
  help: CA_USAGE,
  run: async (args) => {
    const { ca_dir: caDirectory } = parseOptions({})
    if (args[0] === 'trust') return runTrustCommand(args.slice(1), caDirectory)
    process.stdout.write(runCaCommand(args, caDirectory, Date.now))
    return EXIT_OK
  },
}

/**
 * What the command says, ends with a newline. `args`: what follows `ca`. `caDirectory`: where no `--ca-dir` is among them. Throws a
 * UsageError for a wrong line, a CaError for what could not be done.
 */
export function runCaCommand(args: readonly string[], caDirectory: string, now: () => number): string {
  const parsed = parseArguments(args, CA_FLAGS, ['COMMAND', ...args.map(() => '[FILE]')])
  const [command = '', ...rest] = parsed.operands
  const [extra] = rest
  if (command !== 'import' && extra !== undefined) throw new UsageError('unexpected argument', extra)
  const store = new CaStore(singleValue(parsed, 'ca-dir') ?? caDirectory, now)
  const flags = {
    format: singleValue(parsed, 'format') ?? 'pem',
    out: singleValue(parsed, 'out'),
    passwordFile: singleValue(parsed, 'password-file'),
    replace: parsed.flags.has('replace'),
  }
  return run(command, rest, flags, store, now)
}

function run(command: string, files: readonly string[], flags: Flags, store: CaStore, now: () => number): string {
  switch (command) {
    case 'show':
      return describe(store.load(), now())
    case 'export':
      return exportCa(store.load(), flags, now())
    case 'import': {
      if (files.length === 0) throw new UsageError('needs at least one file', 'ca import', 'write soth-mitm ca import FILE…')
      const material = importCaMaterial(
        files.map((path) => ({ path, bytes: readOperatorFile(path) })),
        readPassword(flags.passwordFile),
      )
      return `Imported.\n\n${describe(store.install(material, flags.replace), now())}`
    }
    case 'rotate': {
      const next = 'Have clients trust the new certificate; then reload running engines (SIGHUP), or restart them.'
      return `Rotated. ${next}\n\n${describe(store.rotate(), now())}`
    }
    case 'trust':
      throw new UsageError('must follow ca at once', 'trust', 'write soth-mitm ca trust')
    default:
      throw new UsageError('unknown command', `ca ${command}`, meant(command))
  }
}

function describe(opened: OpenedCa, nowMs: number): string {
  const { certificate, material, key, notBeforeMs, notAfterMs } = opened.authority
  const lines = [
    `Subject      ${certificate.subject.replaceAll('\n', ', ')}`,
    `SHA-256      ${certificate.fingerprint256}`,
    `Valid        ${day(notBeforeMs)} to ${day(notAfterMs)}`,
    `Key          ${key.asymmetricKeyType === 'rsa' ? 'RSA' : 'EC'}, ${opened.keyFile}`,
    `Certificate  ${opened.certificateFile}`,
  ]
  for (const previous of material.previous.filter((ca) => ca.publishedUntilMs > nowMs)) {
    lines.push(`Replaced     one certificate stays published until ${day(previous.publishedUntilMs)}`)
  }
  return `${[...lines, ...opened.warnings.map((warning) => `Warning      ${warning}`)].join('\n')}\n`
}

function exportCa(opened: OpenedCa, flags: Flags, nowMs: number): string {
  const { authority } = opened
  switch (flags.format) {
    case 'pem': {
      const file = exportPem(authority, nowMs)
      return flags.out === undefined ? file.bytes.toString() : writeExport(file, flags.out)
    }
    case 'der':
      return writeExport(exportDer(authority), required(flags.out, 'der', '--out FILE'))
    case 'p12': {
      const password = required(readPassword(flags.passwordFile), 'p12', '--password-file FILE, because it holds the CA key')
      return writeExport(exportIdentityPkcs12(authority, password), required(flags.out, 'p12', '--out FILE'))
    }
    case 'jks': {
      const password = readPassword(flags.passwordFile) ?? TRUST_STORE_PASSWORD
      return writeExport(exportJavaTrustStore(authority, password, nowMs), required(flags.out, 'jks', '--out FILE'))
    }
    case 'hash': {
      const directory = required(flags.out, 'hash', '--out DIRECTORY')
      makeDirectory(directory)
      return exportHashNamed(authority, nowMs)
        .map((file) => writeExport(file, join(directory, file.name)))
        .join('')
    }
    default:
      throw new UsageError('unknown format', `--format ${flags.format}`, 'choose of pem, der, p12, jks, hash')
  }
}

function required<T>(value: T | undefined, format: string, flag: string): T {
  if (value === undefined) throw new UsageError('needs another flag', `--format ${format}`, `add ${flag}`)
  return value
}

function meant(word: string): string | undefined {
  const nearest = nearestName(word, ['show', 'export', 'import', 'rotate', 'trust'])
  return nearest === undefined ? undefined : `did you mean ca ${nearest}?`
}

/** Never over an existing file: a key written into one would keep that file's permissions. Whole or not at all. */
function writeExport(file: ExportedFile, path: string): string {
  try {
    const descriptor = openSync(path, 'wx', file.isSecret ? 0o600 : 0o644)
    try {
      writeFileSync(descriptor, file.bytes)
    } catch (error) {
      rmSync(path)
      throw error
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    const reason = systemReason(cause)
    throw new CaError('ca_unwritable', `cannot write ${path}: ${reason}`, 'give a new file in a writable directory with --out', cause)
  }
  return `Wrote ${path}\n`
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    const reason = systemReason(cause)
    throw new CaError('ca_unwritable', `cannot make ${path}: ${reason}`, 'name a directory that can be written to with --out', cause)
  }
}

/** Pipes are read too (`<(pass show ca)`); a device that never ends only as far as the limit. */
function readOperatorFile(path: string): Buffer {
  const bytes = Buffer.alloc(CA_FILE_LIMIT_BYTES + 1)
  const length = readInto(path, bytes)
  if (length <= CA_FILE_LIMIT_BYTES) return bytes.subarray(0, length)
  throw new CaError('ca_corrupt', `${path} is too large for a CA`, 'give key and certificates only')
}

function readInto(path: string, bytes: Buffer): number {
  try {
    const file = openSync(path, 'r')
    try {
      let length = 0
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(file, bytes, length, bytes.length - length, null)
      return length
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw new CaError('ca_unreadable', `cannot read ${path}: ${systemReason(cause)}`, 'give a file that this user can read', cause)
  }
}

/** From a file, since arguments and environments show in process lists. Its first line, without the line's end. */
function readPassword(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  const [line = ''] = readOperatorFile(path).toString('utf8').split(/\r?\n/, 1)
  if (line === '') throw new CaError('ca_password', `${path} holds no password`, 'put the password on its first line')
  return line
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
