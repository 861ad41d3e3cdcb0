/**
 * expandProfiles: rules whose references to profiles are replaced by the faults that these stand for, with the reference's own
 * trigger keys over them. Done once, when options are parsed: whoever runs faults sees no references. No thread of its own.
 */

import { ConfigError, type ConfigProblem, type OptionPath } from '../../options/problems/config-error.ts'
import type { Report } from '../../options/problems/problem-report.ts'
import type { RuleOptions } from '../../options/rule-schema.ts'
import { checkFaults } from '../check-faults.ts'
import { type FaultOptions, isReference, MAX_RULE_FAULTS, type ProfileReference } from '../schema/fault-schema.ts'
import type { ProfileLibrary } from './profile-library.ts'

export interface ExpandedRules {
  readonly rules: RuleOptions[]
  /** With paths from the top of the configuration. */
  readonly problems: readonly ConfigProblem[]
}

/** Whether a profile is named at all: then its library is to be read. */
export function namesProfiles(rules: readonly RuleOptions[]): boolean {
  return rules.some(({ fault }) => fault?.some(isReference) === true)
}

/** `at`: where the rules stand in the configuration. */
export function expandProfiles(rules: RuleOptions[], library: ProfileLibrary, at: OptionPath = ['rules']): ExpandedRules {
  const problems: ConfigProblem[] = []
  const expanded = rules.map((rule, number) => {
    if (rule.fault?.some(isReference) !== true) return rule
    return expandRule(rule, library, (path, error) => {
      problems.push({ ...error.problems[0], path: [...at, number, 'fault', ...path] })
    })
  })
  return { rules: expanded, problems }
}

function expandRule(rule: RuleOptions, library: ProfileLibrary, report: Report): RuleOptions {
  const faults: FaultOptions[] = []
  for (const [index, fault] of (rule.fault ?? []).entries()) {
    if (!isReference(fault)) {
      faults.push(fault)
      continue
    }
    const own = faultsOf(fault, library, (error) => report([index, 'profile'], error))
    // One complaint is enough: what is wrong with one fault of a profile is wrong with its place in the configuration.
    let isSound = true
    checkFaults({ ...rule, fault: [...own] }, (_path, error) => {
      if (isSound) report([index, 'profile'], error)
      isSound = false
    })
    faults.push(...own)
  }
  if (faults.length > MAX_RULE_FAULTS)
    report(
      [],
      ConfigError.of(`comes to ${faults.length} faults with those of its profiles`, `keep to ${MAX_RULE_FAULTS}, or use two rules`),
    )
  return { ...rule, fault: faults }
}

function faultsOf(reference: ProfileReference, library: ProfileLibrary, report: (error: ConfigError) => void): readonly FaultOptions[] {
  try {
    const { name, faults } = library.find(reference.profile)
    return faults.map((fault) => withTrigger(fault, reference, name))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    report(error)
    return []
  }
}

/** `fault` of the profile `name`, with the trigger keys of `reference`. `every` and `probability` exclude each other. */
function withTrigger(fault: FaultOptions, reference: Omit<ProfileReference, 'profile'>, name: string): FaultOptions {
  const { kind: _kind, ...trigger } = reference
  const { every, ...rest } = fault
  const base = trigger.every !== undefined ? { ...rest, probability: 1 } : trigger.probability !== undefined ? rest : fault
  return { ...base, ...trigger, profile: name } as FaultOptions
}
