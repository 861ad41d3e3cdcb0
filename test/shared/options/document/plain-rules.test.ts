/**
 * Plain rules: property, what the schema would have made, or left to it; the list in its order; errors at their places.
 */

import fc from 'fast-check'
import t from 'tap'
import { liftPlainRules, plainRule } from '../../../../src/shared/options/document/plain-rules.ts'
import { parseOptions } from '../../../../src/shared/options/parse-options.ts'
import { ConfigError } from '../../../../src/shared/options/problems/config-error.ts'
import { RULE_NAME_CHARS, ruleSchema } from '../../../../src/shared/options/rule-schema.ts'

const PLAIN = { match: { host: 'a.example' }, action: 'block' }
const LATE = { match: { host: 'b.example', path: '/x' }, action: 'block', status: 451 }

const texts = fc.oneof(fc.constantFrom('a.example', '.b.example', 'co.uk', ''), fc.string())
const odd = fc.constantFrom<unknown>(undefined, null, 5, {}, [], ['a', 5])
const patterns = fc.oneof({ weight: 4, arbitrary: texts }, { weight: 2, arbitrary: fc.array(texts, { maxLength: 3 }) }, odd)
const match = fc.oneof(
  { weight: 4, arbitrary: fc.record({ host: patterns }) },
  { weight: 2, arbitrary: fc.record({ domain: patterns }) },
  fc.record({ host: patterns, domain: patterns, port: fc.constant(443), extra: odd }, { requiredKeys: [] }),
  odd,
)
const action = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('block', 'tunnel', 'intercept') }, odd, fc.constant('Block'))
const name = fc.oneof(texts, fc.constantFrom('n'.repeat(RULE_NAME_CHARS), 'n'.repeat(RULE_NAME_CHARS + 1)), odd)
const ruleLike = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name, match, action }, { requiredKeys: ['match', 'action'] }) },
  fc.record({ name, match, action, status: fc.constant(403), edit: odd }, { requiredKeys: [] }),
  fc.anything(),
)

t.test('any rule: as the schema makes it, or left to the schema', async (t) => {
  let plain = 0
  fc.assert(
    fc.property(ruleLike, (rule) => {
      const made = plainRule(rule)
      if (made === undefined) return true
      plain++
      return JSON.stringify(made) === JSON.stringify(ruleSchema.parse(rule))
    }),
    { numRuns: 5_000 },
  )
  t.ok(plain > 500, `${plain} were plain`)
})

t.test('what is plain', async (t) => {
  for (const rule of [
    PLAIN,
    { ...PLAIN, name: 'x' },
    { ...PLAIN, match: { domain: ['a.com', 'b.com'] } },
    Object.assign(Object.create(null), PLAIN),
  ])
    t.same(plainRule(rule), ruleSchema.parse(rule))
  for (const rule of [LATE, { ...PLAIN, match: {} }, { match: PLAIN.match }, { ...PLAIN, match: { host: [] } }, Object.create(PLAIN)])
    t.equal(plainRule(rule), undefined)
  const made = plainRule(PLAIN)
  t.ok(Object.isFrozen(made) && Object.isFrozen(made?.match) && Object.isFrozen(made?.match.host))
})

t.test('lifted and put back in order', async (t) => {
  const { others, weave } = liftPlainRules([LATE, PLAIN, LATE, PLAIN, PLAIN])
  t.same(others, [LATE, LATE])
  const parsed = others.map((rule) => ruleSchema.parse(rule))
  t.same(
    weave(parsed),
    [LATE, PLAIN, LATE, PLAIN, PLAIN].map((rule) => ruleSchema.parse(rule)),
  )
  t.throws(() => weave(parsed.slice(1)), { name: 'InvariantError' })
})

t.test('a whole configuration: the same with and without plain rules, and errors at their places', async (t) => {
  const names = parseOptions({ rules: [PLAIN, LATE, { ...PLAIN, name: 'last' }] }).rules.map((rule) => [rule.name, rule.status])
  t.same(names, [
    [undefined, 403],
    [undefined, 451],
    ['last', 403],
  ])
  const paths = (rules: unknown) => {
    try {
      parseOptions({ rules })
      return undefined
    } catch (error) {
      return error instanceof ConfigError ? error.problems.map(({ path }) => path.join('.')) : error
    }
  }
  t.same(paths([PLAIN, PLAIN, { ...LATE, status: 200 }, PLAIN, { ...PLAIN, acton: 'x' }]), ['rules.2.status', 'rules.4.acton'])
  t.same(paths([LATE, PLAIN, { ...PLAIN, match: { host: 'http://x' } }]), ['rules.2.match.host.0'])
  t.same(paths([PLAIN, { ...PLAIN, match: { domain: ['a.com', 'co.uk'] } }]), ['rules.1.match.domain.1'])
  t.same(paths(new Array(200_001).fill(PLAIN)), ['rules'])
})
