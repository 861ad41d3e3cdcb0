/**
 * FlowOptions: what a decision carries besides its action. Merged from every rule that held on the way to the decision.
 *
 * First match wins for each option by itself: the first rule in order that names an option sets it, be it a rule without an
 * action or the one that decides. No thread of its own.
 */

import type { EngineOptions, RuleOptions } from '../options/schema.ts'

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
    blockStatus: DEFAULT_BLOCK_STATUS,
    blockBody: undefined,
  })
}

/** Lays `decisive` (undefined: the default decides) under the options of `carriers`, the rules that held before it, in order. */
export function mergeFlowOptions(defaults: FlowOptions, carriers: readonly RuleOptions[], decisive: RuleOptions | undefined): FlowOptions {
  // Nearly every rule carries nothing but its action: then all flows share one object.
  if (carriers.length === 0 && (decisive === undefined || carriesNothing(decisive))) return defaults
  const rules = decisive === undefined ? carriers : [...carriers, decisive]
  return {
    captureBodyBytes: rules.find((rule) => rule.capture !== undefined)?.capture?.body_bytes ?? defaults.captureBodyBytes,
    observe: rules.find((rule) => rule.observe !== undefined)?.observe ?? defaults.observe,
    strict: rules.find((rule) => rule.strict !== undefined)?.strict ?? defaults.strict,
    verifyUpstream: rules.find((rule) => rule.verify_upstream !== undefined)?.verify_upstream ?? defaults.verifyUpstream,
    edit: rules.find((rule) => rule.edit !== undefined)?.edit ?? defaults.edit,
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
    rule.body === undefined &&
    rule.status === DEFAULT_BLOCK_STATUS
  )
}
