/**
 * compilePolicy: validated options → a Policy. Once per start or reload and thread; nothing here runs per flow.
 */

import { ruleFaults } from '../faults/rule-fault.ts'
import type { EngineOptions } from '../options/schema.ts'
import { HostIndex } from './host-index.ts'
import { parseHostPattern } from './host-pattern.ts'
import { Policy } from './policy.ts'
import { conditionsOf, type RuleConditions } from './rule-conditions.ts'

/** `options` come from `parseOptions`, which has refused malformed patterns already. */
export function compilePolicy(options: EngineOptions): Policy {
  const hosts = new HostIndex()
  const conditions = new Map<number, RuleConditions>()
  for (const [number, rule] of options.rules.entries()) {
    if (rule.match.host === undefined) hosts.addUnconditional(number)
    else for (const text of rule.match.host) hosts.add(parseHostPattern(text), number)
    const condition = conditionsOf(rule.match)
    if (condition !== undefined) conditions.set(number, condition)
  }
  const ignored = new HostIndex()
  for (const text of options.ignore_hosts) ignored.add(parseHostPattern(text), 0)
  return new Policy(options, { hosts, ignored, conditions, faults: ruleFaults(options.rules) })
}
