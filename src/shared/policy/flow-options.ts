/**
 * FlowOptions: what a decision carries besides its action. Merged from every rule that held on the way to the decision.
 *
 * First match wins for each option by itself: the first rule in order that names an option sets it, be it a rule without an
 * action or the one that decides. Faults are the exception: they add up. No thread of its own.
 */

import { NO_FAULTS, type RuleFault } from '../faults/rule-fault.ts'
import type { RuleOptions } from '../options/rule-schema.ts'
import type { EngineOptions } from '../options/schema.ts'

export interface FlowOptions {
  /** Octets of each body that go into body chunk events. */
  readonly captureBodyBytes: number
  /** How much of what bodies carry becomes events. */
  readonly observe: EngineOptions['observe']
  /** False: ambiguous HTTP/1.1 framing is relayed opaquely instead of refused. */
  readonly strict: boolean
  /** False: any origin certificate will do. */
  readonly verifyUpstream: boolean
  /** Fields that heads are to have, or not to have. */
  readonly edit: RuleOptions['edit']
  /** What goes wrong on purpose: the faults of every rule that held on the way to the decision, in order. */
  readonly faults: readonly RuleFault[]
  /** Clients may ask for a fault by a field of their request. */
  readonly faultHeaders: boolean
  /** Answered on `block`. */
  readonly blockStatus: number
  /** Answered on `block`; undefined: the engine's own words. */
  readonly blockBody: string | undefined
}

/** RFC 9110 §15.5.4: understood and refused. The schema's default as well. */
const DEFAULT_BLOCK_STATUS = 403

export function defaultFlowOptions(options: EngineOptions): FlowOptions {
  return Object.freeze({
    captureBodyBytes: 0,
    observe: options.observe,
    strict: true,
    verifyUpstream: options.upstream.verify,
    edit: undefined,
    faults: NO_FAULTS,
    faultHeaders: false,
    blockStatus: DEFAULT_BLOCK_STATUS,
    blockBody: undefined,
  })
}

const NO_RULE_FAULTS: ReadonlyMap<RuleOptions, readonly RuleFault[]> = new Map()

/** Lays `decisive` (undefined: the default decides) under the options of `carriers`, the rules that held before it, in order. */
export function mergeFlowOptions(
  defaults: FlowOptions,
  carriers: readonly RuleOptions[],
  decisive: RuleOptions | undefined,
  faults: ReadonlyMap<RuleOptions, readonly RuleFault[]> = NO_RULE_FAULTS,
): FlowOptions {
  // Nearly every rule carries nothing but its action: then all flows share one object.
  if (carriers.length === 0 && (decisive === undefined || carriesNothing(decisive))) return defaults
  const rules = decisive === undefined ? carriers : [...carriers, decisive]
  return {
    captureBodyBytes: rules.find((rule) => rule.capture !== undefined)?.capture?.body_bytes ?? defaults.captureBodyBytes,
    observe: rules.find((rule) => rule.observe !== undefined)?.observe ?? defaults.observe,
    strict: rules.find((rule) => rule.strict !== undefined)?.strict ?? defaults.strict,
    verifyUpstream: rules.find((rule) => rule.verify_upstream !== undefined)?.verify_upstream ?? defaults.verifyUpstream,
    edit: rules.find((rule) => rule.edit !== undefined)?.edit ?? defaults.edit,
    // Faults add up: a rule that carries one never hides that of another.
    faults: faults.size === 0 ? NO_FAULTS : rules.flatMap((rule) => faults.get(rule) ?? NO_FAULTS),
    faultHeaders: rules.find((rule) => rule.fault_headers !== undefined)?.fault_headers ?? defaults.faultHeaders,
    // The answer of a block is the blocking rule's own business: it always has a status, by default 403.
    blockStatus: decisive?.status ?? defaults.blockStatus,
    blockBody: decisive?.body ?? defaults.blockBody,
  }
}

function carriesNothing(rule: RuleOptions): boolean {
  return (
    rule.capture === undefined &&
    rule.observe === undefined &&
    rule.strict === undefined &&
    rule.verify_upstream === undefined &&
    rule.edit === undefined &&
    rule.fault === undefined &&
    rule.fault_headers === undefined &&
    rule.body === undefined &&
    rule.status === DEFAULT_BLOCK_STATUS
  )
}
