/**
 * parseOptions: what a user wrote → the frozen, fully defaulted options the engine runs on. The only door.
 *
 * Keys may be camelCase (JavaScript callers) or snake_case (files); unknown keys are refused with the nearest known one.
 * Taken whole or not at all: a ConfigError carries every problem found. No thread of its own.
 */

import { expandProfiles, namesProfiles } from '../faults/profiles/expand-profiles.ts'
import { ProfileLibrary } from '../faults/profiles/profile-library.ts'
import { checkMeaning } from './check-meaning.ts'
import { liftPlainRules } from './document/plain-rules.ts'
import { expandHome } from './expand-home.ts'
import { foldKeys } from './fold-keys.ts'
import { ConfigError, type ConfigProblem } from './problems/config-error.ts'
import { describeIssues } from './problems/describe-issue.ts'
import { toldProblems } from './problems/problem-report.ts'
import { type EngineOptions, MAX_RULES, optionsSchema } from './schema.ts'

const accepted = new WeakSet<object>()

/** Options that came from here go through as they are: a configuration is checked once, however many doors it passes. */
export function parseOptions(input: unknown): EngineOptions {
  if (typeof input === 'object' && input !== null && accepted.has(input)) return input as EngineOptions
  return parseFolded(foldKeys(input))
}

/** The same for options whose keys are folded already. */
export function parseFolded(folded: unknown): EngineOptions {
  const options = expandPaths(quickly(folded) ?? bySchema(folded))
  const problems = checkMeaning(options)
  if (problems.length > 0) throw refusal(problems)
  const expanded = withProfiles(options)
  accepted.add(expanded)
  return deepFreeze(expanded)
}

/** With plain rules past the schema; undefined where it does not accept the rest. */
function quickly(folded: unknown): EngineOptions | undefined {
  const rules = (folded as { readonly rules?: unknown } | null | undefined)?.rules
  const inForce = Array.isArray(rules) && rules.length <= MAX_RULES ? liftPlainRules(rules) : undefined
  if (inForce === undefined) return undefined
  const parsed = optionsSchema.safeParse({ ...(folded as object), rules: inForce.others })
  return parsed.success ? { ...parsed.data, rules: inForce.weave(parsed.data.rules) } : undefined
}

function bySchema(folded: unknown): EngineOptions {
  const parsed = optionsSchema.safeParse(folded)
  if (!parsed.success) throw refusal(describeIssues(parsed.error.issues, folded))
  return parsed.data
}

/** References to fault profiles give way to the faults that these hold. User files are read anew on each reload. */
function withProfiles(options: EngineOptions): EngineOptions {
  const { fault_profiles: files, shadow } = options
  if (files.length === 0 && !namesProfiles(options.rules) && !namesProfiles(shadow?.rules ?? [])) return options
  const library = new ProfileLibrary(files)
  const inForce = expandProfiles(options.rules, library)
  const beside = expandProfiles(shadow?.rules ?? [], library, ['shadow', 'rules'])
  const problems = [...inForce.problems, ...beside.problems]
  if (problems.length > 0) throw refusal(problems)
  return { ...options, rules: inForce.rules, ...(shadow === undefined ? {} : { shadow: { ...shadow, rules: beside.rules } }) }
}

function refusal(problems: readonly ConfigProblem[]): ConfigError {
  return new ConfigError(toldProblems(problems))
}

function expandPaths(options: EngineOptions): EngineOptions {
  const { events, providers, shadow_policy, upstream } = options
  return {
    ...options,
    ca_dir: expandHome(options.ca_dir),
    fault_profiles: options.fault_profiles.map(expandHome),
    events: events.file === undefined ? events : { ...events, file: expandHome(events.file) },
    ...(shadow_policy === undefined ? {} : { shadow_policy: expandHome(shadow_policy) }),
    providers: providers.socket === undefined ? providers : { ...providers, socket: expandHome(providers.socket) },
    upstream: expandUpstream(upstream),
  }
}

function expandUpstream(upstream: EngineOptions['upstream']): EngineOptions['upstream'] {
  const { extra_ca_file: file, client_certificates: identities } = upstream
  if (file === undefined && identities.length === 0) return upstream
  return {
    ...upstream,
    extra_ca_file: file === undefined ? undefined : expandHome(file),
    client_certificates: identities.map((entry) => ({
      ...entry,
      ...(entry.cert === undefined ? {} : { cert: expandHome(entry.cert) }),
      ...(entry.key === undefined ? {} : { key: expandHome(entry.key) }),
      ...(entry.pkcs12 === undefined ? {} : { pkcs12: expandHome(entry.pkcs12) }),
    })),
  }
}

/** zod's output is a tree that shares nothing with the caller, so freezing it freezes nobody else's objects. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) deepFreeze(item)
  }
  return value
}
