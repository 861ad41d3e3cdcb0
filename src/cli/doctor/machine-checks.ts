/**
 * Checks of the machine, each one answer: is it fit to run the engine? Looks, and changes nothing. Main thread.
 */

import { statSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadDuplicate } from '../../acceptor/descriptor.ts'
import { sessionCap } from '../../acceptor/session-cap.ts'
import { isAbandonedSocket } from '../../shared/abandoned-socket.ts'
import { asUserError, UserError } from '../../shared/errors.ts'
import { parseListenAddress } from '../../shared/options/listen-address.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import type { OpenedCa } from '../../workers/tls/ca/ca-store.ts'
import { askOccupant } from '../exec/running-engine.ts'
import { reachable } from '../start/ready-banner.ts'
import type { Check } from './findings.ts'

const MIN_NODE = [20, 18, 1] as const
const DAY_MS = 86_400_000
const EXPIRY_WARNING_MS = 30 * DAY_MS
/** Below it the session cap is smaller than what one busy browser opens over a day of work. */
const MIN_DESCRIPTORS = 4_096
const MINUTE_MS = 60_000

export function checkNode(version = process.versions.node, openssl = process.versions.openssl): Check {
  const parts = version.split('.').map(Number)
  const order = MIN_NODE.map((least, at) => (parts[at] ?? 0) - least).find((difference) => difference !== 0) ?? 0
  const detail = `${version}, OpenSSL ${openssl}`
  if (order < 0) return { name: 'node', status: 'failed', detail, remedy: `install Node ${MIN_NODE.join('.')} or later` }
  return openssl.startsWith('3.0.')
    ? { name: 'node', status: 'warning', detail, remedy: 'Node 22 and later handshake at a fraction of the cost (OpenSSL 3.0 is slow)' }
    : { name: 'node', status: 'ok', detail }
}

/** `limit` undefined: none. */
export function checkDescriptors(workers: EngineOptions['workers'], limit: number | undefined): Check {
  const sessions = sessionCap(limit, workers === 'auto' ? availableParallelism() : workers)
  const detail = `${limit ?? 'no limit'}: up to ${sessions} sessions`
  return limit === undefined || limit >= MIN_DESCRIPTORS
    ? { name: 'descriptors', status: 'ok', detail }
    : { name: 'descriptors', status: 'warning', detail, remedy: 'raise it: ulimit -n 65536, or LimitNOFILE= of the service' }
}

export function checkHandOff(duplicate = loadDuplicate()): Check {
  return typeof duplicate === 'function'
    ? { name: 'hand-off', status: 'ok', detail: 'dup(2) is there: connections run on worker threads' }
    : { name: 'hand-off', status: 'warning', detail: `${duplicate}: all connections run on one thread` }
}

export function checkCaExpiry({ authority }: OpenedCa, nowMs: number): Check {
  const { notAfterMs } = authority
  const detail = `until ${new Date(notAfterMs).toISOString().slice(0, 10)}`
  return notAfterMs - nowMs > EXPIRY_WARNING_MS
    ? { name: 'CA validity', status: 'ok', detail }
    : { name: 'CA validity', status: 'warning', detail, remedy: 'soth-mitm ca rotate, then soth-mitm ca trust' }
}

/** The directory holds the key that can read the traffic of whoever trusts it. */
export function checkCaPermissions({ keyFile, warnings }: OpenedCa): Check {
  const directory = dirname(keyFile)
  const name = 'CA permissions'
  const [warning] = warnings
  if (warning !== undefined) return { name, status: 'failed', detail: warning }
  if (process.platform === 'win32') return { name, status: 'ok', detail: directory }
  const mode = statSync(directory).mode & 0o777
  return (mode & 0o022) === 0
    ? { name, status: 'ok', detail: `${keyFile} is the owner's alone` }
    : { name, status: 'failed', detail: `${directory} can be written by others`, remedy: `chmod 700 ${directory}` }
}

/** A clock that is behind makes leaves that are not valid yet. There is no time server to ask: what was written before is older. */
export function checkClock(opened: OpenedCa | undefined, nowMs: number): Check {
  const installed = statSync(fileURLToPath(import.meta.url)).mtimeMs
  const reference = Math.max(installed, opened?.authority.notBeforeMs ?? 0)
  const detail = new Date(nowMs).toISOString()
  return nowMs + MINUTE_MS >= reference
    ? { name: 'clock', status: 'ok', detail }
    : {
        name: 'clock',
        status: 'failed',
        detail: `${detail} is before ${new Date(reference).toISOString()}, when files here were written`,
        remedy: 'set the clock',
      }
}

/** Free, or an engine's with this CA (`fingerprint`, where there is one): either will do. */
export async function checkPort(option: 'listen' | 'admin', text: string, fingerprint?: string): Promise<Check> {
  const name = `${option} ${text}`
  const address = parseListenAddress(text)
  const problem = await bindProblem(address)
  if (problem === undefined) return { name, status: 'ok', detail: 'free' }
  if (problem.code !== 'EADDRINUSE') {
    const worded = asUserError(problem)
    return {
      name,
      status: 'failed',
      detail: worded instanceof UserError ? worded.what : problem.message,
      remedy: `choose another with --${option}`,
    }
  }
  if (address.kind === 'unix' && (await isAbandonedSocket(address.path))) {
    return { name, status: 'ok', detail: 'free: nobody listens on this socket any more' }
  }
  const { host = '127.0.0.1', port } = address.kind === 'tcp' ? hostOf(text) : { port: 0 }
  const occupant = option === 'listen' && port > 0 ? await askOccupant(host, port) : { kind: 'other' as const }
  if (occupant.kind === 'engine' && fingerprint !== undefined && occupant.fingerprint !== fingerprint) {
    const detail = `a running engine has another CA (${occupant.fingerprint.slice(0, 11)}…): who trusts this one refuses it`
    return { name, status: 'failed', detail, remedy: 'name its directory with --ca-dir; after ca rotate or ca import, reload the engine' }
  }
  return occupant.kind === 'engine'
    ? { name, status: 'ok', detail: `a running engine (CA ${occupant.fingerprint.slice(0, 11)}…)` }
    : {
        name,
        status: option === 'admin' ? 'warning' : 'failed',
        detail: option === 'admin' ? 'in use: by a running engine, or by another program' : 'another program has it',
        remedy: `stop it, or choose another with --${option}`,
      }
}

function hostOf(text: string): { readonly host?: string | undefined; readonly port: number } {
  const address = parseListenAddress(reachable(text))
  return address.kind === 'tcp' ? address : { port: 0 }
}

function bindProblem(address: ReturnType<typeof parseListenAddress>): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', resolve)
    const done = () => server.close(() => resolve(undefined))
    if (address.kind === 'unix') server.listen(address.path, done)
    else server.listen(address.port, address.host, done)
  })
}
