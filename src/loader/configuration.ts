/**
 * Configuration: what an engine runs on after a start or a reload: its options, and the policy compiled from their rules into memory
 * that threads share. Plain data; no thread of its own.
 */

import { faultSlots } from '../shared/faults/rule-fault.ts'
import { candidateOptions } from '../shared/options/candidate-options.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import { type PolicyImage, policyImage } from '../shared/policy/policy-image.ts'

export interface Configuration {
  /** Without the rules: those are in `policy`, and no thread needs them twice. */
  readonly options: EngineOptions
  /** How many there are. */
  readonly rules: number
  readonly policy: PolicyImage
  /** Counts that the faults of the rules need. */
  readonly faultSlots: number
}

export function configurationOf(options: EngineOptions): Configuration {
  const { rules } = options
  return {
    options: { ...options, rules: [], shadow: undefined },
    rules: rules.length,
    policy: policyImage(options, candidateOptions(options)),
    faultSlots: faultSlots(rules),
  }
}
