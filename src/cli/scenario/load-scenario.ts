/**
 * loadScenario: a scenario file → its phases, each with the options that the engine runs on in it. Everything is checked before
 * anything runs; mistakes in rules, faults and options have the line where they stand. Main thread.
 */

import { parseFaultText } from '../../shared/faults/fault-text.ts'
import { ProfileLibrary } from '../../shared/faults/profiles/profile-library.ts'
import { parseDocument } from '../../shared/options/document/parse-document.ts'
import { parseOptions } from '../../shared/options/parse-options.ts'
import { ConfigError, type ConfigProblem, type OptionPath } from '../../shared/options/problems/config-error.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { type Phase, resolvedScenarioSchema, type Scenario, scenarioSchema } from './scenario-schema.ts'

const REFERENCE = 'docs/scenarios.md'

export interface LoadedPhase {
  readonly phase: Phase
  readonly options: EngineOptions
  /** The client; undefined: from outside. */
  readonly command: readonly string[] | undefined
}

export interface LoadedScenario {
  readonly scenario: Scenario
  readonly phases: readonly [LoadedPhase, ...LoadedPhase[]]
}

/** `base`: what the scenario's own options lie over. */
export function loadScenario(file: string, base: EngineOptions): LoadedScenario {
  const check = (scenario: Scenario) => scenario.phases.flatMap((phase, number) => problemsOf(scenario, phase, number, base))
  const scenario = parseDocument(file, scenarioSchema, { schema: resolvedScenarioSchema(), reference: REFERENCE }, check)
  const load = (phase: Phase): LoadedPhase => ({
    phase,
    options: phaseOptions(scenario, phase, base),
    command: phase.run ?? scenario.run,
  })
  const [first, ...rest] = scenario.phases
  if (first === undefined) throw new TypeError('the schema wants a phase')
  return { scenario, phases: [load(first), ...rest.map(load)] }
}

function phaseOptions(scenario: Scenario, phase: Phase, base: EngineOptions): EngineOptions {
  const { rules: own = [], ...options } = scenario.options as { rules?: unknown }
  const settings = { ...base, listen: '127.0.0.1:0', admin: false, ...options }
  const library = new ProfileLibrary((settings as Partial<EngineOptions>).fault_profiles)
  const faults = phase.faults.map((text, n) => ({ name: `fault-${n + 1}`, ...faultRule(text, ['faults', n], library) }))
  const rules = Array.isArray(own) ? [...faults, ...phase.rules, ...(own as unknown[]), ...base.rules] : own
  return parseOptions({ ...settings, rules })
}

function faultRule(text: string, path: OptionPath, library: ProfileLibrary) {
  try {
    return parseFaultText(text, library)
  } catch (error) {
    if (!(error instanceof ConfigError) || error.file !== undefined) throw error
    throw new ConfigError([{ ...error.problems[0], path }])
  }
}

function problemsOf(scenario: Scenario, phase: Phase, number: number, base: EngineOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if ((phase.run ?? scenario.run) === undefined && phase.exchanges === undefined && phase.wait_ms === undefined) {
    const reason = 'has no client, and nothing that ends it'
    problems.push({ path: ['phases', number], reason, remedy: 'give `run`, or `exchanges` or `wait_ms` for clients from outside' })
  }
  try {
    phaseOptions(scenario, phase, base)
  } catch (error) {
    if (!(error instanceof ConfigError) || error.file !== undefined) throw error
    problems.push(...error.problems.map((problem) => ({ ...problem, path: placeOf(problem.path, phase, number) })))
  }
  return problems
}

/** From the path in the options of a phase to that in the scenario. */
function placeOf(path: OptionPath, { faults, rules }: Phase, number: number): OptionPath {
  const [key, index, ...rest] = path
  if (key === 'faults') return ['phases', number, ...path]
  if (key !== 'rules' || typeof index !== 'number') return ['options', ...path]
  if (index < faults.length) return ['phases', number, 'faults', index]
  const ofRules = index - faults.length
  return ofRules < rules.length ? ['phases', number, 'rules', ofRules, ...rest] : ['options', 'rules', ofRules - rules.length, ...rest]
}
