/**
 * What the schema cannot say of a rule: patterns that must parse, and options that must be able to take effect. No thread of its own.
 */

import { checkFaults } from '../faults/check-faults.ts'
import { FieldConditions } from '../policy/field-conditions.ts'
import { carriesNothing } from '../policy/flow-options.ts'
import { parseHostPattern } from '../policy/host-pattern.ts'
import { parseIpPrefix } from '../policy/ip-prefix.ts'
import { parsePathPattern } from '../policy/path-pattern.ts'
import { parsePortRange } from '../policy/port-range.ts'
import { parseRegistrableDomain } from '../policy/registrable-domain.ts'
import { givenConditions, hasConditions, phaseOf, REQUEST_PHASE } from '../policy/rule-conditions.ts'
import { TimeWindow, type TimeWindowOptions } from '../policy/time-window.ts'
import { checkTls } from './check-tls.ts'
import { ConfigError, type OptionPath } from './config-error.ts'
import type { RuleOptions } from './rule-schema.ts'

/** Notes a problem at `path`, from the rule on. */
export type Report = (path: OptionPath, problem: ConfigError) => void

const HOST: OptionPath = ['match', 'host']

/** Options of a connection: a request finds it made already. */
const OF_CONNECTIONS = [
  'limits',
  'strict',
  'verify_upstream',
  'http2_enabled',
  'connect_strategy',
  'upstream_tls',
  'request_client_certificate',
] as const

export function checkRule(rule: RuleOptions, report: Report): void {
  const { match } = rule
  eachOf(report, HOST, match.host, parseHostPattern)
  // Of a long list nearly all end here.
  if (match.domain === undefined && !hasConditions(match) && carriesNothing(rule)) return
  eachOf(report, ['match', 'sni'], match.sni, parseHostPattern)
  eachOf(report, ['match', 'path'], match.path, parsePathPattern)
  eachOf(report, ['match', 'port'], match.port, parsePortRange)
  eachOf(report, ['match', 'client'], match.client, parseIpPrefix)
  eachOf(report, ['match', 'domain'], match.domain, parseRegistrableDomain)
  eachOf<TimeWindowOptions>(report, ['match', 'time'], match.time, (window) => new TimeWindow(window))
  if (match.host !== undefined && match.domain !== undefined) {
    const remedy = 'give one of the two: `.example.com` in match.host is a domain as well'
    report(['match', 'domain'], ConfigError.of('stands beside match.host', remedy))
  }
  for (const [name, patterns] of Object.entries(match.field ?? {})) {
    eachOf(report, ['match', 'field', name], patterns, (pattern) => new FieldConditions({ [name]: [pattern] }))
  }
  if (rule.upstream_tls !== undefined)
    checkTls(rule.upstream_tls, (option, check) => one(report, ['upstream_tls', option], undefined, check))
  checkEffect(rule, report)
  checkFaults(rule, (path, error) => report(['fault', ...path], error))
}

function checkEffect(rule: RuleOptions, report: Report): void {
  const [late] = givenConditions(rule.match).filter((name) => phaseOf(name) === REQUEST_PHASE)
  if (late === undefined) return
  for (const option of OF_CONNECTIONS) {
    if (rule[option] === undefined) continue
    const reason = `is about a connection, and match.${late} is known for each request only`
    report([option], ConfigError.of(reason, 'put it into a rule without such conditions'))
  }
}

/** Checks a value, or each of a list; the problem's path says which. */
function eachOf<Value>(
  report: Report,
  path: OptionPath,
  value: Value | readonly Value[] | undefined,
  check: (value: Value) => unknown,
): void {
  if (value === undefined) return
  if (!Array.isArray(value)) one(report, path, value as Value, check)
  else for (let at = 0; at < value.length; at++) one(report, path, value[at] as Value, check, at)
}

function one<Value>(report: Report, path: OptionPath, value: Value, check: (value: Value) => unknown, at?: number): void {
  try {
    check(value)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    report(at === undefined ? path : [...path, at], error)
  }
}
