/**
 * The faults that a client asks for itself, by the field `x-soth-fault`, where a rule lets it. Worker thread.
 *
 *     x-soth-fault: anthropic:529
 *     x-soth-fault: anthropic:sse-stall@0.5, generic-http:slow
 *
 * A field that is not understood is answered with 400 and the reason: a test that silently tests nothing is worse than one that fails.
 */

import type { ClientFaultTable } from '../../shared/faults/client-fault-table.ts'
import { FAULT_FIELD } from '../../shared/faults/fault-field.ts'
import { NO_SLOT, type RuleFault } from '../../shared/faults/rule-fault.ts'
import type { FaultOf, FaultOptions } from '../../shared/faults/schema/fault-schema.ts'
import { MAX_CLIENT_FAULTS } from '../../shared/limits/faults.ts'

/** Octets of a wrong value that the answer repeats. */
const MAX_SHOWN = 100

/** What `text`, the value of the field, asks for; never nothing. They keep no counts: only `probability` says when they happen. */
export function clientFaults(text: string, table: ClientFaultTable): readonly RuleFault[] {
  const faults: FaultOptions[] = []
  for (const part of text.split(',', MAX_CLIENT_FAULTS + 1)) {
    const asked = faultsOf(part.trim(), table)
    if (asked === undefined)
      return [ruleFault(complaint(`"${part.trim().slice(0, MAX_SHOWN)}" is no fault; soth-mitm faults lists them`), 0)]
    faults.push(...asked)
  }
  if (faults.length > MAX_CLIENT_FAULTS) return [ruleFault(complaint(`asks for more than ${MAX_CLIENT_FAULTS} faults`), 0)]
  return faults.map(ruleFault)
}

function faultsOf(text: string, table: ClientFaultTable): readonly FaultOptions[] | undefined {
  const at = text.indexOf('@')
  const found = table.get(at < 0 ? text : text.slice(0, at))
  if (at < 0 || found === undefined) return found
  const probability = Number(text.slice(at + 1))
  const isProbability = text.length > at + 1 && probability >= 0 && probability <= 1
  return isProbability ? found.map((fault) => ({ ...fault, probability })) : undefined
}

function complaint(reason: string): FaultOf<'respond'> {
  const body = { error: { code: 'fault_not_understood', message: `${FAULT_FIELD}: ${reason}` } }
  return { kind: 'respond', status: 400, body, fields: {}, instead_of: 'request', delay_ms: 0, probability: 1, skip: 0 }
}

function ruleFault(options: FaultOptions, index: number): RuleFault {
  return { options, rule: FAULT_FIELD, index, diceNumber: index, slot: NO_SLOT, profile: options.profile }
}
