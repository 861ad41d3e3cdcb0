/**
 * What shadow makes of decisions. Pure; no thread of its own.
 *
 *     mode: shadow          one policy, not in force: every decision is made, nothing is blocked, edited or faulted, and the decision
 *                           says what it would have done. What would be blocked is tunnelled, a request forwarded.
 *     shadow, shadow_policy another policy beside the one in force: a decision of which it would have made another says so.
 */

import { NO_FAULTS } from '../faults/rule-fault.ts'
import { type Phase, REQUEST_PHASE } from './conditions/rule-conditions.ts'
import type { Decision, PolicyDifference, Withheld } from './decision.ts'
import type { FlowOptions } from './flow-options.ts'

/** `decision` with nothing that alters traffic, and a note of what that was. */
export function withoutEffect(decision: Decision, phase: Phase): Decision {
  const { action, options } = decision
  const withheld: Withheld[] = []
  if (action === 'block') withheld.push('block')
  if (options.edit !== undefined) withheld.push('edit')
  if (options.stripsAltSvc) withheld.push('strip_alt_svc')
  if (options.faults.length > 0) withheld.push('fault')
  return {
    ...decision,
    action: action !== 'block' ? action : phase === REQUEST_PHASE ? 'intercept' : 'tunnel',
    options: harmless(options),
    shadow: { would: action, withheld },
  }
}

/** `strict` refuses messages, which alters traffic as well. */
function harmless(options: FlowOptions): FlowOptions {
  return { ...options, edit: undefined, stripsAltSvc: false, faults: NO_FAULTS, faultHeaders: false, strict: false }
}

export function differenceOf(active: Decision, shadow: Decision): PolicyDifference | undefined {
  const differs = active.action !== shadow.action ? 'action' : effectOf(active) !== effectOf(shadow) ? 'options' : undefined
  return differs === undefined ? undefined : { active: active.action, shadow: shadow.action, shadowRule: shadow.rule, differs }
}

/** What a decision does, as text that compares. Names of rules are not in it: two policies may call one thing by two names. */
function effectOf({ action, options }: Decision): string {
  if (action === 'block') return JSON.stringify([options.blockStatus, options.blockBody, options.blockContentType])
  if (action === 'tunnel') return JSON.stringify(faultsOf(options))
  const { blockStatus: _status, blockBody: _body, blockContentType: _type, faults: _faults, ...rest } = options
  return JSON.stringify([faultsOf(options), rest, undefined])
}

function faultsOf({ faults }: FlowOptions): unknown {
  return faults.map(({ options }) => options)
}
