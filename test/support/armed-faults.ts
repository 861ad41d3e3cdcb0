/** Armed faults for tests of what they do: as a rule's options, drawn for one flow. */

import { FlowCursor } from '../../src/shared/events/flow-cursor.ts'
import { NO_STREAM } from '../../src/shared/events/record/record-descriptor.ts'
import { allocateFaultCounters, FaultCounters } from '../../src/shared/faults/fault-counters.ts'
import { FaultDice } from '../../src/shared/faults/fault-dice.ts'
import { ruleFaults } from '../../src/shared/faults/rule-fault.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../src/shared/options/schema.ts'
import { ArmedFault } from '../../src/workers/faults/armed-fault.ts'
import { Pace } from '../../src/workers/faults/pace.ts'

type RuleInput = NonNullable<EngineOptionsInput['rules']>[number]
export type FaultInput = Exclude<NonNullable<RuleInput['fault']>, readonly unknown[]>

export function armed(inputs: readonly FaultInput[]): ArmedFault[] {
  if (inputs.length === 0) return []
  const { rules } = parseOptions({ rules: [{ name: 'r', match: {}, fault: [...inputs] }] })
  const faults = [...ruleFaults(rules).values()].flat()
  const counters = new FaultCounters(allocateFaultCounters(faults.length, 0))
  const flow = new FlowCursor(1, 0, 'tunnel')
  return faults.map((fault) => {
    const dice = new FaultDice({ seed: 0, rule: 'r', fault: fault.index, flow: 1, exchange: NO_STREAM })
    return new ArmedFault(fault, dice, flow, NO_STREAM, counters)
  })
}

export function pacedBy(inputs: readonly FaultInput[]): Pace {
  return new Pace(armed(inputs))
}
