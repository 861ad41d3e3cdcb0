/**
 * What the schema cannot say of a rule: patterns that must parse, and options that must be able to take effect. No thread of its own.
 */

import { checkFaults } from '../faults/check-faults.ts'
import { FieldConditions } from '../policy/conditions/field-conditions.ts'
import { parsePathPattern } from '../policy/conditions/path-pattern.ts'
import { parsePortRange } from '../policy/conditions/port-range.ts'
import { givenConditions, hasConditions, phaseOf, REQUEST_PHASE } from '../policy/conditions/rule-conditions.ts'
import { TimeWindow, type TimeWindowOptions } from '../policy/conditions/time-window.ts'
import { carriesNothing, DEFAULT_BLOCK_STATUS } from '../policy/flow-options.ts'
import { parseHostPattern } from '../policy/hosts/host-pattern.ts'
import { parseIpPrefix } from '../policy/hosts/ip-prefix.ts'
import { parseRegistrableDomain } from '../policy/hosts/registrable-domain.ts'
import { checkTls } from './check-tls.ts'
import { ConfigError, type OptionPath } from './problems/config-error.ts'
import { checkEach, type Report } from './problems/problem-report.ts'
import type { RuleOptions } from './rule-schema.ts'
import type { TlsChoice } from './tls-schema.ts'

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

/** `upstreamTls`: the general choice, of which the rule's own takes the place in part. Paths that are reported begin at the rule. */
export function checkRule(rule: RuleOptions, upstreamTls: TlsChoice, report: Report): void {
  const { match } = rule
  checkEach(report, HOST, match.host, parseHostPattern)
  // Of a long list nearly all end here.
  if (match.domain === undefined && !hasConditions(match) && carriesNothing(rule)) return
  checkEach(report, ['match', 'sni'], match.sni, parseHostPattern)
  checkEach(report, ['match', 'path'], match.path, parsePathPattern)
  checkEach(report, ['match', 'port'], match.port, parsePortRange)
  checkEach(report, ['match', 'client'], match.client, parseIpPrefix)
  checkEach(report, ['match', 'domain'], match.domain, parseRegistrableDomain)
  checkEach<TimeWindowOptions>(report, ['match', 'time'], match.time, (window) => new TimeWindow(window))
  if (match.host !== undefined && match.domain !== undefined) {
    const remedy = 'give one of the two: `.example.com` in match.host is a domain as well'
    report(['match', 'domain'], ConfigError.of('stands beside match.host', remedy))
  }
  for (const [name, patterns] of Object.entries(match.field ?? {})) {
    checkEach(report, ['match', 'field', name], patterns, (pattern) => new FieldConditions({ [name]: [pattern] }))
  }
  if (rule.upstream_tls !== undefined) checkTls(rule.upstream_tls, (path, error) => report(['upstream_tls', ...path], error), upstreamTls)
  checkEffect(rule, report)
  checkFaults(rule, (path, error) => report(['fault', ...path], error))
}

/** What a block answers. */
const OF_BLOCKS = ['body', 'content_type', 'status'] as const

function checkEffect(rule: RuleOptions, report: Report): void {
  for (const option of rule.action === 'block' ? [] : OF_BLOCKS) {
    // The schema gives every rule its status.
    if (rule[option] === undefined || rule[option] === DEFAULT_BLOCK_STATUS) continue
    report([option], ConfigError.of('is what a block answers, and this rule blocks nothing', 'add action: block, or leave it out'))
  }
  const [late] = givenConditions(rule.match).filter((name) => phaseOf(name) === REQUEST_PHASE)
  if (late === undefined) return
  for (const option of OF_CONNECTIONS) {
    if (rule[option] === undefined) continue
    const reason = `is about a connection, and match.${late} is known for each request only`
    report([option], ConfigError.of(reason, 'put it into a rule without such conditions'))
  }
}
