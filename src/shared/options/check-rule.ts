/**
 * What the schema cannot say of a rule: patterns that must parse, and options that must be able to take effect. No thread of its own.
 */

import { checkFaults } from '../faults/check-faults.ts'
import { FieldConditions } from '../policy/field-conditions.ts'
import { parseHostPattern } from '../policy/host-pattern.ts'
import { parseIpPrefix } from '../policy/ip-prefix.ts'
import { parsePathPattern } from '../policy/path-pattern.ts'
import { parseRegistrableDomain } from '../policy/registrable-domain.ts'
import { givenConditions, phaseOf, REQUEST_PHASE } from '../policy/rule-conditions.ts'
import { TimeWindow, type TimeWindowOptions } from '../policy/time-window.ts'
import { checkTls } from './check-tls.ts'
import { ConfigError, type OptionPath } from './config-error.ts'
import type { RuleOptions } from './rule-schema.ts'

/** Runs `check`, and notes the ConfigError that it throws as a problem at `path`, from the rule on. */
export type Attempt = (path: OptionPath, check: () => unknown) => void

/** Options of a connection: a request finds it made already. */
const OF_CONNECTIONS = ['limits', 'redact_fields', 'connect_strategy', 'upstream_tls', 'request_client_certificate'] as const

export function checkRule(rule: RuleOptions, attempt: Attempt): void {
  const { match } = rule
  eachOf(attempt, ['match', 'host'], match.host, parseHostPattern)
  eachOf(attempt, ['match', 'sni'], match.sni, parseHostPattern)
  eachOf(attempt, ['match', 'path'], match.path, parsePathPattern)
  eachOf(attempt, ['match', 'client'], match.client, parseIpPrefix)
  eachOf(attempt, ['match', 'domain'], match.domain, parseRegistrableDomain)
  eachOf<TimeWindowOptions>(attempt, ['match', 'time'], match.time, (window) => new TimeWindow(window))
  if (match.host !== undefined && match.domain !== undefined) {
    attempt(['match', 'domain'], () => {
      throw ConfigError.of('stands beside match.host', 'give one of the two: `.example.com` in match.host is a domain as well')
    })
  }
  for (const [name, patterns] of Object.entries(match.field ?? {})) {
    eachOf(attempt, ['match', 'field', name], patterns, (pattern) => new FieldConditions({ [name]: [pattern] }))
  }
  if (rule.upstream_tls !== undefined) checkTls(rule.upstream_tls, (option, check) => attempt(['upstream_tls', option], check))
  checkEffect(rule, attempt)
  checkFaults(rule, (path, error) => {
    attempt(['fault', ...path], () => {
      throw error
    })
  })
}

function checkEffect(rule: RuleOptions, attempt: Attempt): void {
  const [late] = givenConditions(rule.match).filter((name) => phaseOf(name) === REQUEST_PHASE)
  if (late === undefined) return
  for (const option of OF_CONNECTIONS) {
    if (rule[option] === undefined) continue
    attempt([option], () => {
      throw ConfigError.of(
        `is about a connection, and match.${late} is known for each request only`,
        'put it into a rule without such conditions',
      )
    })
  }
}

/** Checks a value, or each of a list; the problem's path says which. */
function eachOf<Value>(
  attempt: Attempt,
  path: OptionPath,
  value: Value | readonly Value[] | undefined,
  check: (value: Value) => unknown,
): void {
  if (value === undefined) return
  if (!Array.isArray(value)) attempt(path, () => check(value as Value))
  else for (const [at, item] of (value as readonly Value[]).entries()) attempt([...path, at], () => check(item))
}
