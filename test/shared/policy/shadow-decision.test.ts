/** Shadow: what is left undone in each phase, and which differences of two policies count as such. */

import t from 'tap'
import { candidateOptions } from '../../../src/shared/options/candidate-options.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'
import { differenceFacts, shadowFacts } from '../../../src/shared/policy/shadow-report.ts'

const CONNECT = { host: 'a.example', port: 443, client: '::1', nowMs: 0 }
const REQUEST = { ...CONNECT, sni: 'a.example', method: 'GET', path: '/x', transport: 'http1', fields: undefined } as const

const policyOf = (input: EngineOptionsInput) => new Policy(policyImage(parseOptions(input)))

t.test('mode: shadow decides, and alters nothing', async (t) => {
  const policy = policyOf({
    mode: 'shadow',
    rules: [
      { match: { path: '/x' }, action: 'block' },
      { match: { host: 'b.example' }, action: 'block' },
      { match: {}, edit: { request: { remove: ['a'] } }, strip_alt_svc: true, fault: { kind: 'refuse' } },
    ],
  })
  const harmless = { edit: undefined, stripsAltSvc: false, faults: [], strict: false }
  t.match(policy.decideConnect({ ...CONNECT, host: 'b.example' }), {
    action: 'intercept',
    isPending: true,
    shadow: { would: 'intercept', withheld: [] },
  })
  t.match(policy.decideHello({ ...CONNECT, host: 'b.example', sni: 'b.example' }), { action: 'intercept' })
  t.match(policy.decideRequest(REQUEST), { action: 'intercept', rule: 'rule-1', shadow: { would: 'block', withheld: ['block'] } })
  const open = policy.decideRequest({ ...REQUEST, path: '/y' })
  t.match(open, { action: 'intercept', options: harmless, shadow: { would: 'intercept', withheld: ['edit', 'strip_alt_svc', 'fault'] } })
  t.same(shadowFacts(open), { would: 'intercept', withheld: ['edit', 'strip_alt_svc', 'fault'] })
  const early = policyOf({ mode: 'shadow', rules: [{ name: 'no', match: {}, action: 'block' }] }).decideConnect(CONNECT)
  t.match(early, { action: 'tunnel', rule: 'no', shadow: { would: 'block', withheld: ['block'] } })
})

t.test('a policy in force says nothing of shadow', async (t) => {
  const decision = policyOf({ rules: [{ action: 'block' }] }).decideConnect(CONNECT)
  t.same(shadowFacts(decision), {})
  t.equal(differenceFacts(decision, 'connect'), undefined)
  t.same(Object.keys(decision).sort(), ['action', 'isPending', 'options', 'rule'])
})

type Rules = NonNullable<EngineOptionsInput['rules']>
const block = { match: {}, action: 'block' } as const

const DIFFERENCES: readonly (readonly [name: string, active: Rules, shadow: Rules, differs: string | undefined])[] = [
  ['the same', [block], [{ ...block, name: 'another name' }], undefined],
  ['another action', [], [block], 'action'],
  ['another status', [block], [{ ...block, status: 451 }], 'options'],
  ['another body', [block], [{ ...block, body: { a: 1 } }], 'options'],
  ['an edit', [], [{ edit: { request: { remove: ['a'] } } }], 'options'],
  ['a fault', [], [{ fault: { kind: 'refuse' } }], 'options'],
  ['the same fault', [{ fault: { kind: 'refuse' } }], [{}, { name: 'f', fault: { kind: 'refuse' } }], undefined],
  ['other observation', [], [{ observe: 'none' }], 'options'],
  ['options that a block does not show', [{ strict: false }, block], [block], undefined],
]

t.test('two policies side by side', async (t) => {
  for (const [name, rules, shadow, differs] of DIFFERENCES) {
    const decision = policyOf({ rules, shadow: { rules: shadow } }).decideRequest(REQUEST)
    t.equal(differenceFacts(decision, 'request')?.differs, differs, name)
    t.equal(decision.shadow, undefined, 'the one in force is in force')
  }
  const decision = policyOf({ mode: 'shadow', rules: [block], shadow: { rules: [], default_action: 'tunnel' } }).decideConnect(CONNECT)
  t.same(differenceFacts(decision, 'connect'), {
    phase: 'connect',
    active: 'block',
    active_rule: 'rule-1',
    shadow: 'tunnel',
    shadow_rule: 'default',
    differs: 'action',
  })
  const pending = policyOf({ shadow: { rules: [{ match: { path: '/x' }, action: 'block' }] } })
  t.match(pending.decideConnect(CONNECT), { action: 'intercept', isPending: false, isShadowPending: true })
  t.match(pending.decideRequest(REQUEST), { action: 'intercept', difference: { shadow: 'block' } })
})

t.test('what the other does not say is as in the one in force', async (t) => {
  const options = parseOptions({ default_action: 'tunnel', ignore_hosts: ['i.example'], rules: [block], shadow: {} })
  t.match(candidateOptions(options), { default_action: 'tunnel', ignore_hosts: ['i.example'], rules: [], mode: 'active' })
  t.equal(candidateOptions(parseOptions({})), undefined)
  t.throws(() => candidateOptions(parseOptions({ shadow_policy: `${t.testdir()}/absent` })), { name: 'UserError', what: /no such file/ })
  t.throws(() => parseOptions({ shadow: {}, shadow_policy: 'x' }), {
    name: 'ConfigError',
    path: 'shadow_policy',
    reason: 'stands beside shadow',
  })
  t.throws(() => parseOptions({ shadow: { rules: [{ match: { path: 'x' } }] } }), {
    name: 'ConfigError',
    path: 'shadow.rules[0].match.path',
  })
})
