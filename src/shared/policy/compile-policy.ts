/**
 * compilePolicy: validated options → a Policy. Once per start or reload and thread; nothing here runs per flow.
 */

import type { EngineOptions, RuleOptions } from '../options/schema.ts'
import { HostIndex } from './host-index.ts'
import { parseHostPattern } from './host-pattern.ts'
import { parseIpPrefix } from './ip-prefix.ts'
import { Policy, type RuleConditions } from './policy.ts'

/** `options` come from `parseOptions`, which has refused malformed patterns already. */
export function compilePolicy(options: EngineOptions): Policy {
  const hosts = new HostIndex()
  const conditions = new Map<number, RuleConditions>()
  for (const [number, rule] of options.rules.entries()) {
    if (rule.match.host === undefined) hosts.addUnconditional(number)
    else for (const text of rule.match.host) hosts.add(parseHostPattern(text), number)
    const condition = compileConditions(rule.match)
    if (condition !== undefined) conditions.set(number, condition)
  }
  const ignored = new HostIndex()
  for (const text of options.ignore_hosts) ignored.add(parseHostPattern(text), 0)
  return new Policy(options, { hosts, ignored, conditions })
}

function compileConditions({ port, client }: RuleOptions['match']): RuleConditions | undefined {
  if (port === undefined && client === undefined) return undefined
  return {
    ports: typeof port === 'number' ? [port] : port,
    clients: client === undefined ? undefined : (typeof client === 'string' ? [client] : client).map(parseIpPrefix),
  }
}
