/**
 * An explanation as text: a paragraph a phase, a line a rule. Main thread.
 *
 *     connect: api.example.com:443 from 127.0.0.1
 *       2 rules are about other hosts
 *       rule 3 `office`      does not hold: time is 2026-01-05T20:00:00.000Z
 *       rule 4 `late`        waits for path
 *       rule 5 `all`         decides: tunnel
 *       → intercept, and asked again: a rule before `all` waits
 */

import type { ConditionName } from '../../shared/policy/conditions/rule-conditions.ts'
import type { ExplainFacts, PhaseExplanation, RuleVerdict } from '../../shared/policy/explain-policy.ts'

export function explanationText(phases: readonly PhaseExplanation[], facts: ExplainFacts): string {
  const paragraphs = phases.map((phase) => [title(phase, facts), ...body(phase, facts), `  → ${conclusion(phase)}`].join('\n'))
  return `${paragraphs.join('\n\n')}\n`
}

function title({ phase, host }: PhaseExplanation, facts: ExplainFacts): string {
  switch (phase) {
    case 'connect':
      return `connect: ${host.includes(':') ? `[${host}]` : host}:${facts.port} from ${facts.client}`
    case 'client_hello':
      return `client hello: SNI ${facts.sni ?? 'absent'}`
    case 'request':
      return `request: ${facts.method} ${facts.path}`
  }
}

function body({ rules, otherHosts }: PhaseExplanation, facts: ExplainFacts): string[] {
  const names = rules.map(({ number, rule }) => (rule === `rule-${number}` ? `rule ${number}` : `rule ${number} \`${rule}\``))
  const width = Math.max(0, ...names.map((name) => name.length))
  const others =
    otherHosts === 0 ? [] : [otherHosts === 1 ? '  1 rule is about another host' : `  ${otherHosts} rules are about other hosts`]
  return [...others, ...rules.map((rule, n) => `  ${(names[n] ?? '').padEnd(width)}  ${verdictText(rule, facts)}`)]
}

function verdictText(rule: RuleVerdict, facts: ExplainFacts): string {
  switch (rule.verdict) {
    case 'decides':
      return `decides: ${rule.action}`
    case 'carries':
      return rule.options.length === 0 ? 'holds, and carries nothing' : `holds, and carries ${rule.options.join(', ')}`
    case 'waits':
      return `waits for ${rule.conditions.join(', ')}`
    case 'fails':
      return `does not hold: ${rule.condition} is ${factText(rule.condition, facts)}`
  }
}

function factText(condition: ConditionName, facts: ExplainFacts): string {
  switch (condition) {
    case 'time':
      return new Date(facts.nowMs).toISOString()
    case 'field':
      return 'another, or absent'
    case 'protocol':
      return facts.transport
    default: {
      const fact = facts[condition]
      return fact === undefined || fact === '' ? 'not known' : String(fact)
    }
  }
}

function conclusion({ action, rule, pending }: PhaseExplanation): string {
  if (pending) return `${action}, and asked again: a rule before \`${rule}\` waits`
  switch (rule) {
    case 'ignore_hosts':
      return `${action}: ignore_hosts names the host`
    case 'default':
      return `${action}: no rule decides, so default_action does`
    default:
      return `${action}: \`${rule}\``
  }
}
