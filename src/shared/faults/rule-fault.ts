/**
 * RuleFault: a fault of a rule, with what names it and where its counts stand. Made once per compilation of the rules. No thread
 * of its own.
 */

import type { RuleOptions } from '../options/rule-schema.ts'
import { type FaultOptions, isReference, MAX_RULE_FAULTS } from './schema/fault-schema.ts'

/** No counts are kept: `times`, `every`, `skip` and `max_active` do not apply. */
export const NO_SLOT = -1

export interface RuleFault {
  readonly options: FaultOptions
  readonly rule: string
  /** Number of the fault within its rule. */
  readonly index: number
  /** Its number in the hash of its dice: unlike `index`, also among rules that share a name. */
  readonly diceNumber: number
  /** Place of its counts in the shared memory (`fault-counters.ts`). */
  readonly slot: number
  /** The profile that it came from. */
  readonly profile: string | undefined
}

/** Of the flows that no fault is for: nearly all. */
export const NO_FAULTS: readonly RuleFault[] = Object.freeze([])

/** Faults by the rule that carries them. The order of rules and faults gives the slots: the same in every thread. */
export function ruleFaults(rules: readonly RuleOptions[]): ReadonlyMap<RuleOptions, readonly RuleFault[]> {
  const faults = new Map<RuleOptions, readonly RuleFault[]>()
  const named = new Map<string, number>()
  let slot = 0
  for (let number = 0; number < rules.length; number++) {
    const rule = rules[number]
    if (rule?.fault === undefined) continue
    const name = ruleName(rule, number)
    const earlier = named.get(name) ?? 0
    named.set(name, earlier + 1)
    const bound: RuleFault[] = []
    for (const [index, options] of rule.fault.entries()) {
      if (isReference(options)) continue
      const diceNumber = earlier * MAX_RULE_FAULTS + index
      bound.push(Object.freeze({ options, rule: name, index, diceNumber, slot, profile: options.profile }))
      slot++
    }
    faults.set(rule, Object.freeze(bound))
  }
  return faults
}

/** How many slots the faults of `rules` have. */
export function faultSlots(rules: readonly RuleOptions[]): number {
  return rules.reduce((sum, { fault }) => sum + (fault?.length ?? 0), 0)
}

/** Counted from 1, as people count the rules of a file. */
export function ruleName(rule: Pick<RuleOptions, 'name'>, number: number): string {
  return rule.name ?? `rule-${number + 1}`
}
