/**
 * Flags of `start` laid over the configuration file: the options the engine starts with, and again on every reload. Main thread.
 */

import { FAULT_TEXT_CONDITIONS, type FaultRule, parseFaultText } from '../../shared/faults/fault-text.ts'
import { ProfileLibrary } from '../../shared/faults/profiles/profile-library.ts'
import { loadConfigFile } from '../../shared/options/document/load-config-file.ts'
import { parseOptions } from '../../shared/options/parse-options.ts'
import { ConfigError, type ConfigProblem } from '../../shared/options/problems/config-error.ts'
import { nearestName } from '../../shared/options/problems/nearest-name.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { type Arguments, type FlagSpecs, singleValue } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'
import type { ConfigurationSource } from '../engine/served-engine.ts'

export const START_FLAGS = {
  config: { value: 'FILE', doc: 'configuration, YAML or JSON (docs/configuration.md)', short: 'c' },
  listen: { value: 'ADDRESS', doc: 'host:port, [v6]:port, :port or unix:/path; may be repeated (default 127.0.0.1:8080)' },
  admin: { value: 'ADDRESS', doc: 'admin and metrics server, or off (default 127.0.0.1:9090)' },
  workers: { value: 'N', doc: 'worker threads; 0: none; auto: by the number of cores (default)' },
  'ca-dir': { value: 'DIRECTORY', doc: 'directory of the CA key and certificate (default ~/.soth-mitm)' },
  'log-level': { value: 'LEVEL', doc: 'trace, debug, info (default), warn, error, fatal or silent' },
  events: { value: 'FILE', doc: 'write events as NDJSON; -: to standard output' },
  fault: {
    value: 'FAULT',
    doc: 'what goes wrong on purpose, e.g. anthropic:529@0.1,host=api.anthropic.com; may be repeated (docs/faults.md)',
  },
  help: { doc: 'show this help', short: 'h' },
  version: { doc: 'show the version', short: 'v' },
} as const satisfies FlagSpecs

/** From a path of the options back to the flag that set it. */
const FLAG_OF_OPTION: Readonly<Record<string, string>> = {
  listen: '--listen',
  admin: '--admin',
  workers: '--workers',
  ca_dir: '--ca-dir',
  log_level: '--log-level',
  events: '--events',
}

/** The file with flags over it, or flags alone; a mistake in a flag is a UsageError that names the flag. */
export function startOptions(parsed: Arguments): EngineOptions {
  return withFaultFlags(optionsOf(parsed), parsed.flags.get('fault') ?? [])
}

function optionsOf(parsed: Arguments): EngineOptions {
  const overrides = overridesOf(parsed)
  const file = singleValue(parsed, 'config')
  try {
    return file === undefined ? parseOptions(overrides) : loadConfigFile(file, overrides)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first] = error.problems
    if (first.line === undefined && Object.hasOwn(overrides, String(first.path[0]))) throw flagError(first)
    throw error
  }
}

/** Where a reload reads the configuration anew, and what is laid over it again; undefined where there is no file. */
export function configurationSource(parsed: Arguments, options: EngineOptions): ConfigurationSource | undefined {
  const file = singleValue(parsed, 'config')
  if (file === undefined) return undefined
  return { file, overrides: overridesOf(parsed), firstRules: faultRules(options, parsed.flags.get('fault') ?? []) }
}

/** Rules of the faults, in order, in front of all others. */
function withFaultFlags(options: EngineOptions, texts: readonly string[]): EngineOptions {
  if (texts.length === 0) return options
  try {
    return parseOptions({ ...options, rules: [...faultRules(options, texts), ...options.rules] })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [{ path, reason, remedy }] = error.problems
    const [, number, , ...steps] = path
    const key = steps.filter((step) => typeof step === 'string').join('.')
    // The schema knows the fault's own keys; here those of its rule may stand among them.
    const condition = reason === 'unknown option' ? nearestName(key, [...FAULT_TEXT_CONDITIONS]) : undefined
    const advice = condition === undefined ? remedy : `did you mean "${condition}"?`
    throw new UsageError(key === '' ? reason : `${key}: ${reason}`, `--fault ${texts[Number(number)] ?? ''}`, advice)
  }
}

function faultRules(options: EngineOptions, texts: readonly string[]): (FaultRule & { readonly name: string })[] {
  const library = new ProfileLibrary(options.fault_profiles)
  return texts.map((text, n) => ({ name: `fault-flag-${n + 1}`, ...faultRule(text, library) }))
}

function faultRule(text: string, library: ProfileLibrary): FaultRule {
  try {
    return parseFaultText(text, library)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.problems[0].reason, `--fault ${text}`, error.problems[0].remedy)
  }
}

function overridesOf(parsed: Arguments): Record<string, unknown> {
  const overrides: Record<string, unknown> = {}
  const listen = parsed.flags.get('listen')
  if (listen !== undefined) overrides['listen'] = listen.length === 1 ? listen[0] : listen
  const admin = singleValue(parsed, 'admin')
  if (admin !== undefined) overrides['admin'] = admin === 'off' ? false : admin
  const workers = singleValue(parsed, 'workers')
  if (workers !== undefined) overrides['workers'] = /^\d+$/.test(workers) ? Number(workers) : workers
  const directory = singleValue(parsed, 'ca-dir')
  if (directory !== undefined) overrides['ca_dir'] = directory
  const level = singleValue(parsed, 'log-level')
  if (level !== undefined) overrides['log_level'] = level
  const events = singleValue(parsed, 'events')
  if (events !== undefined) overrides['events'] = { file: events }
  return overrides
}

function flagError(problem: ConfigProblem): UsageError {
  return new UsageError(problem.reason, FLAG_OF_OPTION[String(problem.path[0])] ?? '', problem.remedy)
}
