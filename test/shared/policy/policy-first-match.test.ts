/**
 * Policy: first match wins across trie, globs and prefixes; options carried; ignore_hosts before all.
 */

import fc from 'fast-check'
import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'

type RuleInput = NonNullable<EngineOptionsInput['rules']>[number]

const policyOf = (input: EngineOptionsInput) => new Policy(policyImage(parseOptions(input)))
const to = (host: string, port = 443, client = '127.0.0.1') => ({ host, port, client, nowMs: 0 })

t.test('no rule: the default action, named default', async (t) => {
  t.match(policyOf({}).decideConnect(to('a.example')), { action: 'intercept', rule: 'default' })
  t.match(policyOf({ default_action: 'tunnel' }).decideConnect(to('a.example')), { action: 'tunnel', rule: 'default' })
  t.same(policyOf({}).decideConnect(to('a.example')).options, {
    captureBodyBytes: 0,
    observe: 'metadata',
    strict: true,
    verifyUpstream: true,
    faults: [],
    faultHeaders: false,
    blockStatus: 403,
    blockBody: undefined,
    stripsAltSvc: false,
    redacted: undefined,
    tls: undefined,
    limits: undefined,
    blockContentType: undefined,
  })
})

t.test('host forms', async (t) => {
  const policy = policyOf({
    rules: [
      { name: 'exact', match: { host: 'one.example' }, action: 'block' },
      { name: 'dot', match: { host: '.two.example' }, action: 'block' },
      { name: 'star', match: { host: '*.three.example' }, action: 'block' },
      { name: 'glob', match: { host: 'api-?.*.example' }, action: 'block' },
      { name: 'cidr', match: { host: ['10.0.0.0/8', '2001:db8::/32', '127.0.0.0/8'] }, action: 'block' },
      { name: 'text', match: { host: '192.168.*' }, action: 'block' },
    ],
  })
  const expected: readonly (readonly [host: string, rule: string])[] = [
    ['one.example', 'exact'],
    ['ONE.example.', 'exact'],
    ['sub.one.example', 'default'],
    ['two.example', 'dot'],
    ['a.b.two.example', 'dot'],
    ['nottwo.example', 'default'],
    ['three.example', 'default'],
    ['a.three.example', 'star'],
    ['a.b.three.example', 'star'],
    ['api-1.eu.example', 'glob'],
    ['api-10.eu.example', 'default'],
    ['10.1.2.3', 'cidr'],
    ['11.1.2.3', 'default'],
    ['[2001:db8::5]', 'cidr'],
    ['2130706433', 'cidr'],
    ['0x7f.1', 'cidr'],
    ['192.168.7.7', 'text'],
    ['example', 'default'],
    ['', 'default'],
    ['.', 'default'],
    ['a..two.example', 'dot'],
  ]
  for (const [host, rule] of expected) t.equal(policy.decideConnect(to(host)).rule, rule, JSON.stringify(host))
})

t.test('ports and clients', async (t) => {
  const policy = policyOf({
    rules: [
      { match: { port: [25, 465] }, action: 'block' },
      { match: { host: '.a.example', port: 8443, client: '10.0.0.0/8' }, action: 'tunnel' },
      { match: { client: ['::1', '192.0.2.7'] }, action: 'block' },
    ],
  })
  t.equal(policy.decideConnect(to('x.example', 25)).rule, 'rule-1')
  t.equal(policy.decideConnect(to('a.example', 8443, '10.9.9.9')).rule, 'rule-2')
  t.equal(policy.decideConnect(to('a.example', 8443, '::ffff:10.9.9.9')).rule, 'rule-2', 'a mapped client address')
  t.equal(policy.decideConnect(to('a.example', 8443, '11.9.9.9')).rule, 'default')
  t.equal(policy.decideConnect(to('a.example', 443, '::1')).rule, 'rule-3')
  t.equal(policy.decideConnect(to('a.example', 443, '')).rule, 'default', 'a Unix-socket client has no address')
})

t.test('ignore_hosts wins over every rule', async (t) => {
  const policy = policyOf({ ignore_hosts: ['.bank.example', '10.0.0.0/8'], rules: [{ action: 'block' }] })
  t.match(policy.decideConnect(to('www.bank.example')), { action: 'tunnel', rule: 'ignore_hosts' })
  t.match(policy.decideConnect(to('10.1.1.1')), { action: 'tunnel', rule: 'ignore_hosts' })
  t.match(policy.decideConnect(to('shop.example')), { action: 'block', rule: 'rule-1' })
})

t.test('rules without an action carry options to the next match; the first to name an option sets it', async (t) => {
  const policy = policyOf({
    upstream: { verify: true },
    rules: [
      { match: { host: '.dev.example' }, verify_upstream: false, capture: { body_bytes: 100 }, observe: 'bodies' },
      { match: { host: 'elsewhere.example' }, strict: false },
      { match: { host: '*.example' }, capture: { body_bytes: 200 }, strict: false },
      {
        name: 'stop',
        match: { host: 'x.dev.example' },
        action: 'block',
        status: 451,
        body: 'no',
        capture: { body_bytes: 300 },
        strict: true,
      },
    ],
  })
  t.match(policy.decideConnect(to('x.dev.example')), {
    action: 'block',
    rule: 'stop',
    isPending: false,
    options: {
      captureBodyBytes: 100,
      observe: 'bodies',
      strict: false,
      verifyUpstream: false,
      blockStatus: 451,
      blockBody: 'no',
      faults: [],
      faultHeaders: false,
      stripsAltSvc: false,
    },
  })
  t.match(policy.decideConnect(to('y.example')), {
    rule: 'default',
    options: { captureBodyBytes: 200, strict: false, verifyUpstream: true },
  })
  t.match(policy.decideConnect(to('z.test')), { rule: 'default', options: { captureBodyBytes: 0, strict: true } })
})

const label = fc.constantFrom('a', 'b', 'api-1', 'com', 'x')
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
const address = fc.constantFrom('10.0.0.1', '10.1.0.1', '127.0.0.1', '2001:db8::1')
const pattern = fc.oneof(
  name,
  name.map((text) => `.${text}`),
  name.map((text) => `*.${text}`),
  fc.tuple(fc.constantFrom('a*', '*', '?', 'api-?', '*1', '*.*'), name).map(([head, tail]) => `${head}.${tail}`),
  fc.constantFrom('*', 'a*', '10.*', '*com', '10.0.0.0/8', '10.0.0.0/15', '0.0.0.0/0', '2001:db8::/32', '127.0.0.1'),
)
const rule: fc.Arbitrary<RuleInput> = fc.record(
  {
    match: fc.record(
      {
        host: fc.array(pattern, { minLength: 1, maxLength: 3 }),
        port: fc.constantFrom(80, 443, [443, 8443]),
        client: fc.constantFrom('10.0.0.0/8', '127.0.0.1'),
      },
      { requiredKeys: [] },
    ),
    action: fc.constantFrom('block', 'tunnel', 'intercept'),
  },
  { requiredKeys: ['match'] },
)

/** A policy of one rule has no other structure to merge with: the oracle asks each rule by itself, in order. */
function decideByDefinition(rules: readonly RuleInput[], facts: ReturnType<typeof to>): string {
  for (const [n, candidate] of rules.entries()) {
    if (candidate.action === undefined) continue
    const alone = policyOf({ rules: [{ ...candidate, action: 'block', name: 'held' }] })
    if (alone.decideConnect(facts).rule === 'held') return `rule-${n + 1}`
  }
  return 'default'
}

t.test('the lowest rule wins, whichever structure it stands in', async () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 12 }),
      fc.array(fc.oneof(name, address), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(80, 443, 8443),
      fc.constantFrom('10.2.2.2', '127.0.0.1'),
      (rules, hosts, port, client) => {
        const policy = policyOf({ rules })
        return hosts.every(
          (host) => policy.decideConnect(to(host, port, client)).rule === decideByDefinition(rules, to(host, port, client)),
        )
      },
    ),
    { numRuns: 1_000 },
  )
})

t.test('any text as host gives a decision', async () => {
  const policy = policyOf({ rules: [{ match: { host: ['.com', '10.0.0.0/8', 'a*b', '::/0'] }, action: 'block' }] })
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 60 }), (host, client) => {
      policy.decideConnect(to(host, 443, client))
    }),
    { numRuns: 2_000 },
  )
})
