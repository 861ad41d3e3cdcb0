/**
 * `soth-mitm exec -- CMD ARGS…`: runs a program through the proxy, with every variable set by which programs find a proxy and trust a
 * CA. Uses the engine that answers on the configured address, or starts one for the life of the command. Main thread.
 */

import { UserError } from '../../shared/errors.ts'
import { expandHome } from '../../shared/options/expand-home.ts'
import { parseListenAddress } from '../../shared/options/listen-address.ts'
import { ConfigError } from '../../shared/options/problems/config-error.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { formatAuthority } from '../../shared/targets/authority.ts'
import { CaStore } from '../../workers/tls/ca/ca-store.ts'
import type { Command, CommandContext } from '../arguments/command.ts'
import { type Arguments, type FlagSpecs, parseArguments, singleValue } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { makeLogger } from '../engine/make-logger.ts'
import type { ServedEngine } from '../engine/served-engine.ts'
import { EXIT_OK } from '../exit-codes.ts'
import { reachable } from '../start/ready-banner.ts'
import { START_FLAGS, startOptions } from '../start/start-options.ts'
import { shellWord } from '../text/shell-word.ts'
import { type TrustFiles, writeTrustFiles } from '../trust/trust-files.ts'
import { type ProxyPlace, proxyVariables } from './proxy-variables.ts'
import { runChild } from './run-child.ts'
import { askOccupant } from './running-engine.ts'

const EXEC_FLAGS = {
  proxy: { value: 'HOST:PORT', doc: 'a running engine; http://user:password@host:port where it asks for a password' },
  print: { doc: 'print the variables for a shell instead: eval "$(soth-mitm exec --print)"' },
  config: START_FLAGS.config,
  'ca-dir': START_FLAGS['ca-dir'],
  events: { value: 'FILE', doc: 'engine started for the command: write events as NDJSON' },
  'log-level': { value: 'LEVEL', doc: 'engine started for the command: log lines less grave are left out (default warn)' },
  help: START_FLAGS.help,
} as const satisfies FlagSpecs

export const execCommand: Command = {
  summary: 'run a program through the proxy, with proxy and trust variables set',
  operands: ['-- CMD ARGS…'],
  flags: EXEC_FLAGS,
  run: exec,
}

/** The variables are a lie as soon as the engine has gone: how long flows may take to end after their program has. */
const DRAIN_MS = 500

async function exec(args: readonly string[], context: CommandContext): Promise<number> {
  const split = args.indexOf('--')
  const command = split < 0 ? [] : args.slice(split + 1)
  const parsed = parseArguments(split < 0 ? args : args.slice(0, split), EXEC_FLAGS, [])
  const isPrinting = parsed.flags.has('print')
  if (command.length === 0 && !isPrinting) throw new UsageError('no command; write soth-mitm exec -- CMD ARGS…', 'exec')
  const options = startOptions({ flags: withoutOwn(parsed), operands: [] })
  const opened = new CaStore(expandHome(options.ca_dir), Date.now).open()
  const files = writeTrustFiles(opened, process.env, Date.now())
  const running = await runningEngine(singleValue(parsed, 'proxy'), options, files)
  if (isPrinting) return printVariables(running ?? configuredPlace(options), files, running !== undefined)
  if (running !== undefined) return runThrough(running, files, command)
  const logger = makeLogger(parsed.flags.has('log-level') ? options.log_level : 'warn')
  const createEngine = await context.loadEngine()
  const engine = createEngine({ ...options, listen: '127.0.0.1:0', admin: false }, { log: (level, message) => logger[level](message) })
  return withEngine(engine, options, files, command)
}

/** The flags that `start` knows too: they make the options of an engine. */
function withoutOwn(parsed: Arguments): Arguments['flags'] {
  return new Map([...parsed.flags].filter(([name]) => name !== 'proxy' && name !== 'print'))
}

async function withEngine(engine: ServedEngine, options: EngineOptions, files: TrustFiles, command: readonly string[]): Promise<number> {
  try {
    const { listen } = await engine.start()
    const exitCode = await runThrough(placeOf(listen[0] ?? '', options), files, command)
    await engine.drain(DRAIN_MS)
    return exitCode
  } finally {
    await engine.close()
  }
}

async function runThrough(place: ProxyPlace, files: TrustFiles, command: readonly string[]): Promise<number> {
  const { exitCode, problem } = await runChild(command, { ...process.env, ...proxyVariables(place, files, process.env) })
  if (problem !== undefined) process.stderr.write(`soth-mitm: ${command[0]}: ${problem}\n`)
  return exitCode
}

function printVariables(place: ProxyPlace, files: TrustFiles, isRunning: boolean): number {
  for (const [name, value] of Object.entries(proxyVariables(place, files, process.env))) {
    process.stdout.write(`export ${name}=${shellWord(value)}\n`)
  }
  if (!isRunning)
    process.stderr.write(`soth-mitm: nothing answers on ${formatAuthority(place.host, place.port)} yet; start it with: soth-mitm\n`)
  return EXIT_OK
}

/**
 * Undefined: nobody answers, one has to be started. An engine named by `--proxy` must be there. One with another CA is not used: its
 * certificates would be refused.
 */
async function runningEngine(named: string | undefined, options: EngineOptions, files: TrustFiles): Promise<ProxyPlace | undefined> {
  if (named === undefined && firstTcp(options) === undefined) return undefined
  const place = named === undefined ? configuredPlace(options) : parseProxy(named)
  const where = formatAuthority(place.host, place.port)
  // Port 0 is nobody's.
  const occupant = place.port === 0 ? ({ kind: 'nobody' } as const) : await askOccupant(place.host, place.port)
  if (occupant.kind === 'engine' && occupant.fingerprint === files.fingerprint) return place
  if (occupant.kind === 'engine') {
    throw new UserError('the engine there has another CA than the one in use here', where, 'name its directory with --ca-dir')
  }
  if (named !== undefined) throw new UserError('no soth-mitm answers there', where, 'start it, or leave --proxy out')
  return undefined
}

function configuredPlace(options: EngineOptions): ProxyPlace {
  const address = firstTcp(options)
  if (address === undefined) {
    throw new UserError('only Unix sockets are listened on, which programs cannot use as a proxy', 'listen', 'listen on a port as well')
  }
  return placeOf(address, options)
}

function firstTcp(options: EngineOptions): string | undefined {
  return [options.listen].flat().find((text) => !text.startsWith('unix:'))
}

function placeOf(listenAddress: string, options: EngineOptions): ProxyPlace {
  const user = options.proxy_auth?.users[0]
  return { ...hostAndPort(reachable(listenAddress)), credentials: user }
}

function parseProxy(text: string): ProxyPlace {
  try {
    if (!text.includes('//')) return hostAndPort(reachable(text))
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.problems[0].reason, '--proxy', 'write host:port')
    throw error
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.protocol !== 'http:' || url.port === '') {
    throw new UsageError(`"${text}" is not a proxy`, '--proxy', 'write host:port or http://user:password@host:port')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.username === '') return { host, port: Number(url.port) }
  const credentials = { name: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  return { host, port: Number(url.port), credentials }
}

function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const address = parseListenAddress(text)
  if (address.kind === 'unix') throw new UsageError('a Unix socket cannot be a proxy of programs', text)
  return { host: address.host ?? '127.0.0.1', port: address.port }
}
