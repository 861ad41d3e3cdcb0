/** Explanations: every verdict at every phase; property: what is explained is what the policy decides. */

import fc from 'fast-check'
import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { type ExplainFacts, explainPolicy } from '../../../src/shared/policy/explain-policy.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'
import { fieldSectionOf } from '../../support/octets/field-section-of.ts'

const FACTS: ExplainFacts = {
  host: 'a.example',
  port: 443,
  client: '10.0.0.1',
  user: 'ann',
  process: 'curl',
  nowMs: Date.parse('2026-01-05T12:00:00Z'),
  isTls: true,
  sni: 'a.example',
  ja4: 't13d1516h2_8daaf6152771_02713d6af862',
  method: 'GET',
  path: '/x',
  transport: 'http1',
  fields: fieldSectionOf('User-Agent: robot'),
}

/** Each condition, holding and not, and the phase from which on it is known. */
const CONDITIONS: readonly (readonly [name: string, holds: object, fails: object, phase: number])[] = [
  ['port', { port: 443 }, { port: 80 }, 0],
  ['client', { client: '10.0.0.0/8' }, { client: '::1' }, 0],
  ['user', { user: ['bob', 'ann'] }, { user: 'bob' }, 0],
  ['process', { process: 'cur?' }, { process: 'wget' }, 0],
  ['time', { time: { days: ['mon'] } }, { time: [{ from: '13:00' }, { days: ['sun'] }] }, 0],
  ['sni', { sni: '.example' }, { sni: 'b.example' }, 1],
  ['ja4', { ja4: 't13d*' }, { ja4: 't12*' }, 1],
  ['method', { method: ['GET', 'HEAD'] }, { method: 'POST' }, 2],
  ['path', { path: '/x*' }, { path: '/y' }, 2],
  ['protocol', { protocol: 'http1' }, { protocol: ['ws', 'http2'] }, 2],
  ['field', { field: { 'user-agent': 're:^rob' } }, { field: { accept: '*' } }, 2],
]

t.test('every condition at every phase', async (t) => {
  for (const [name, holds, fails, known] of CONDITIONS) {
    const held = explainPolicy(parseOptions({ rules: [{ match: holds, action: 'block' }] }), FACTS)
    t.equal(held.length, known === 0 ? 1 : known + 1, `${name}: phases`)
    for (const [phase, { rules }] of held.entries())
      t.match(rules, [phase < known ? { verdict: 'waits', conditions: [name] } : { verdict: 'decides', action: 'block' }], name)
    t.match(held.at(-1), { action: 'block', rule: 'rule-1', pending: false })
    const failed = explainPolicy(parseOptions({ rules: [{ match: fails, action: 'block' }] }), FACTS).at(-1)
    t.match(failed, { action: 'intercept', rule: 'default', rules: [{ verdict: 'fails', condition: name }] }, name)
  }
})

t.test('hosts, carriers and the SNI', async (t) => {
  const options = parseOptions({
    rules: [
      { match: { host: 'other.example' }, action: 'block' },
      { match: { host: '.example' }, strict: false, redact_fields: ['x'] },
      { name: 'named', match: { host: 'b.example' }, action: 'tunnel' },
    ],
  })
  const [connect, hello, ...none] = explainPolicy(options, { ...FACTS, sni: 'b.example' })
  t.match(connect, {
    phase: 'connect',
    rule: 'default',
    otherHosts: 2,
    rules: [{ number: 2, verdict: 'carries', options: ['strict', 'redact_fields'] }],
  })
  t.match(hello, { phase: 'client_hello', host: 'b.example', action: 'tunnel', rule: 'named', otherHosts: 1 })
  t.same(none, [])
  t.match(explainPolicy(parseOptions({ ignore_hosts: ['.example'], rules: [{ action: 'block' }] }), FACTS), [
    { rule: 'ignore_hosts', rules: [] },
  ])
})

type RuleInput = NonNullable<EngineOptionsInput['rules']>[number]

t.test('property: what is explained is what is decided', async () => {
  const match = fc.constantFrom(...CONDITIONS.flatMap(([, holds, fails]) => [holds, fails]))
  const host = fc.constantFrom({}, { host: 'a.example' }, { host: 'b.example' })
  const rule = fc.record({
    match: fc.tuple(host, match, match).map(([a, b, c]) => ({ ...a, ...b, ...c })),
    action: fc.constantFrom('block' as const, 'tunnel' as const, 'intercept' as const, undefined),
  })
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
      const options = parseOptions({
        rules: rules.map(({ match, action }): RuleInput => (action === undefined ? { match } : { match, action })),
      })
      const policy = new Policy(policyImage(options))
      return explainPolicy(options, FACTS).every(({ phase, action, rule, rules: told }) => {
        const decision =
          phase === 'connect'
            ? policy.decideConnect(FACTS)
            : phase === 'client_hello'
              ? policy.decideHello(FACTS)
              : policy.decideRequest(FACTS)
        const decider = told.find(({ verdict }) => verdict === 'decides')?.rule ?? 'default'
        return decision.action === action && decision.rule === rule && decider === rule
      })
    }),
    { numRuns: 300 },
  )
})
