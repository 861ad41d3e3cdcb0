/**
 * `soth-mitm ca show | export | import | rotate`: the CA as the operator handles it. `ca trust` is in `trust/`.
 *
 * `runCaCommand`: arguments in, text and exit code out; it touches the CA directory and the files named, and prints nothing itself.
 * Main thread.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CA_FILE_LIMIT_BYTES } from '../shared/limits/certificates.ts'
import { parseOptions } from '../shared/options/parse-options.ts'
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
import type { Command } from './command.ts'
import { EXIT_OK } from './exit-codes.ts'
import { runTrustCommand } from './trust/trust-command.ts'
import { TRUST_STORE_PASSWORD } from './trust/trust-files.ts'

export interface CommandResult {
  /** 0: done; 1: it could not be done; 2: the command line is wrong. */
  readonly exitCode: 0 | 1 | 2
  /** For standard output where `exitCode` is 0, else for standard error. Ends with a newline. */
  readonly text: string
}

const CA_USAGE = `Usage: soth-mitm ca <command> [--ca-dir DIR]

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

interface Flags {
  readonly format: string
  readonly out: string | undefined
  readonly passwordFile: string | undefined
  readonly replace: boolean
}

class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const caCommand: Command = {
  summary: 'show, export, import or rotate the CA; make this machine trust it (ca trust)',
  operands: ['COMMAND'],
  flags: {},
  help: CA_USAGE,
  run: async (args) => {
    const { ca_dir: caDirectory } = parseOptions({})
    if (args[0] === 'trust') return runTrustCommand(args.slice(1), caDirectory)
    const { exitCode, text } = runCaCommand(args, caDirectory, Date.now)
    const output = exitCode === EXIT_OK ? process.stdout : process.stderr
    output.write(text)
    return exitCode
  },
}

/** `args`: what follows `ca`. `caDirectory`: where no `--ca-dir` is among them. */
export function runCaCommand(args: readonly string[], caDirectory: string, now: () => number): CommandResult {
  try {
    const { values, positionals } = parseArguments(args)
    const [command, ...rest] = positionals
    const store = new CaStore(values['ca-dir'] ?? caDirectory, now)
    const flags = { format: values.format, out: values.out, passwordFile: values['password-file'], replace: values.replace }
    if (values.help || command === undefined) return { exitCode: values.help ? 0 : 2, text: CA_USAGE }
    if (command !== 'import' && rest.length > 0) throw new UsageError(`unexpected argument: ${rest[0]}`)
    return { exitCode: 0, text: run(command, rest, flags, store, now) }
  } catch (error) {
    if (error instanceof UsageError) return { exitCode: 2, text: `${error.message}\n\n${CA_USAGE}` }
    if (error instanceof CaError) return { exitCode: 1, text: `${error.message}\n` }
    throw error
  }
}

function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'ca-dir': { type: 'string' },
        format: { type: 'string', default: 'pem' },
        out: { type: 'string' },
        'password-file': { type: 'string' },
        replace: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function run(command: string, files: readonly string[], flags: Flags, store: CaStore, now: () => number): string {
  switch (command) {
    case 'show':
      return describe(store.load(), now())
    case 'export':
      return exportCa(store.load(), flags, now())
    case 'import': {
      if (files.length === 0) throw new UsageError('import needs at least one FILE')
      const material = importCaMaterial(files.map(readOperatorFile), readPassword(flags.passwordFile))
      return `Imported.\n\n${describe(store.install(material, flags.replace), now())}`
    }
    case 'rotate': {
      const next = 'Restart running engines, then have clients trust the new certificate.'
      return `Rotated. ${next}\n\n${describe(store.rotate(), now())}`
    }
    case 'trust':
      throw new UsageError('trust must follow ca at once: soth-mitm ca trust')
    default:
      throw new UsageError(`unknown command: ca ${command}`)
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
      return writeExport(exportDer(authority), required(flags.out, '--format der needs --out FILE'))
    case 'p12': {
      const password = required(readPassword(flags.passwordFile), '--format p12 needs --password-file FILE: it holds the CA key')
      return writeExport(exportIdentityPkcs12(authority, password), required(flags.out, '--format p12 needs --out FILE'))
    }
    case 'jks': {
      const password = readPassword(flags.passwordFile) ?? TRUST_STORE_PASSWORD
      return writeExport(exportJavaTrustStore(authority, password, nowMs), required(flags.out, '--format jks needs --out FILE'))
    }
    case 'hash': {
      const directory = required(flags.out, '--format hash needs --out DIRECTORY')
      makeDirectory(directory)
      return exportHashNamed(authority, nowMs)
        .map((file) => writeExport(file, join(directory, file.name)))
        .join('')
    }
    default:
      throw new UsageError(`unknown format: ${flags.format}`)
  }
}

function required<T>(value: T | undefined, complaint: string): T {
  if (value === undefined) throw new UsageError(complaint)
  return value
}

/** Never over an existing file: a key written into one would keep that file's permissions. */
function writeExport(file: ExportedFile, path: string): string {
  try {
    writeFileSync(path, file.bytes, { flag: 'wx', mode: file.isSecret ? 0o600 : 0o644 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CaError('ca_unwritable', `cannot write ${path}: ${reason}`, 'Give a new file in a writable directory with --out.', cause)
  }
  return `Wrote ${path}\n`
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CaError('ca_unwritable', `cannot make ${path}: ${reason}`, 'Name a directory that can be written to with --out.', cause)
  }
}

function readOperatorFile(path: string): Buffer {
  try {
    const bytes = readFileSync(path)
    if (bytes.length <= CA_FILE_LIMIT_BYTES) return bytes
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CaError('ca_unreadable', `cannot read ${path}: ${reason}`, 'Give a file that this user can read.', cause)
  }
  throw new CaError('ca_corrupt', `${path} is too large for a CA`, 'Give key and certificates only.')
}

/** From a file, since arguments and environments show in process lists. Its first line, without the line's end. */
function readPassword(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  const [line = ''] = readOperatorFile(path).toString('utf8').split(/\r?\n/, 1)
  if (line === '') throw new CaError('ca_password', `${path} holds no password`, 'Put the password on its first line.')
  return line
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
