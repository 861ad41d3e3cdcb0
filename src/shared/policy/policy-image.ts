/**
 * PolicyImage: a compiled policy as plain data over shared memory. One thread makes it, all others post it to one another and read it
 * where it stands (`new Policy(image)`), without compiling anything. No thread of its own.
 *
 *     rules ─▶ HostIndex ─▶ columns ─┐
 *           └▶ RuleTable ─▶ columns ─┴▶ image ── postMessage ─▶ acceptor, shards
 */

import { type ClientFaultTable, clientFaultTable } from '../faults/client-fault-table.ts'
import { NO_FAULTS, ruleFaults } from '../faults/rule-fault.ts'
import { inlineCandidate } from '../options/candidate-options.ts'
import type { EngineOptions } from '../options/schema.ts'
import { eitherAsks, NO_QUESTIONS, type Questions, questionsOf } from './conditions/rule-conditions.ts'
import { defaultFlowOptions, type FlowOptions } from './flow-options.ts'
import { HostIndex, type SharedHosts } from './hosts/host-index.ts'
import { parseHostPattern } from './hosts/host-pattern.ts'
import { parseRegistrableDomain } from './hosts/registrable-domain.ts'
import { RuleTable, type SharedRules } from './rule-table.ts'

export interface PolicyImage {
  /** `shadow`: it decides, and alters nothing. */
  readonly mode: EngineOptions['mode']
  /** The policy beside it, with whose decisions its own are compared. */
  readonly candidate: PolicyImage | undefined
  readonly hosts: SharedHosts
  readonly ignored: SharedHosts
  readonly rules: SharedRules
  readonly defaults: FlowOptions
  readonly defaultAction: EngineOptions['default_action']
  /** What facts any rule asks for, so that those nobody asks for cost nothing. */
  readonly asks: Questions
  /** A rule carries faults, or lets clients ask for some. */
  readonly hasFaults: boolean
  /** Undefined where no rule lets them ask. */
  readonly clientFaults: ClientFaultTable | undefined
}

/** Both come from `parseOptions`, which has refused malformed patterns already. */
export function policyImage(options: EngineOptions, candidate = inlineCandidate(options)): PolicyImage {
  const hosts = new HostIndex()
  const rules = new RuleTable()
  const faults = ruleFaults(options.rules)
  let asks = NO_QUESTIONS
  let number = -1
  for (const rule of options.rules) {
    number++
    const { host, domain } = rule.match
    if (host !== undefined) for (const text of host) hosts.add(parseHostPattern(text), number)
    else if (domain !== undefined) for (const text of domain) hosts.add(parseRegistrableDomain(text), number)
    else hosts.addUnconditional(number)
    rules.add(rule, faults.get(rule) ?? NO_FAULTS)
    asks = questionsOf(rule.match, asks)
  }
  const clientFaults = clientFaultTable(options)
  const ignored = new HostIndex()
  for (const text of options.ignore_hosts) ignored.add(parseHostPattern(text), 0)
  const beside = candidate === undefined ? undefined : policyImage({ ...candidate, shadow: undefined })
  return {
    mode: options.mode,
    candidate: beside,
    hosts: hosts.share(),
    ignored: ignored.share(),
    rules: rules.share(),
    defaults: defaultFlowOptions(options),
    defaultAction: options.default_action,
    asks: beside === undefined ? asks : eitherAsks(asks, beside.asks),
    hasFaults: faults.size > 0 || clientFaults !== undefined,
    clientFaults,
  }
}
