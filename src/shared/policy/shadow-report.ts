/**
 * Decisions of shadow in the words of the event schema. No thread of its own.
 */

import type { EventInput } from '../events/record/event-input.ts'
import type { Decision } from './decision.ts'

type Told = EventInput<'connect_decision'>
type Difference = EventInput<'policy_difference'>

const NOTHING: Pick<Told, 'would' | 'withheld'> = Object.freeze({})

/** What `connect_decision` says beside the decision, where the policy is not in force. */
export function shadowFacts({ shadow }: Decision): Pick<Told, 'would' | 'withheld'> {
  return shadow === undefined ? NOTHING : { would: shadow.would, withheld: shadow.withheld }
}

/** The fields of `policy_difference`; undefined where there is none to tell. */
export function differenceFacts({ difference, rule }: Decision, phase: Difference['phase']): Difference | undefined {
  if (difference === undefined) return undefined
  const { active, shadow, shadowRule, differs } = difference
  return { phase, active, active_rule: rule, shadow, shadow_rule: shadowRule, differs }
}
