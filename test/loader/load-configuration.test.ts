/** Loading on the spot and in a thread: the same configuration, and the same words for what is wrong. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfiguration, loadConfigurationFile } from '../../src/loader/load-configuration.ts'
import type { EngineOptionsInput } from '../../src/shared/options/schema.ts'
import { Policy } from '../../src/shared/policy/policy.ts'

const rulesOf = (count: number): NonNullable<EngineOptionsInput['rules']> =>
  Array.from({ length: count }, (_, n) => ({ match: { host: `h${n}.example` }, action: 'block' }))
const to = (host: string) => ({ host, port: 443, client: '', nowMs: 0 })

for (const count of [3, 3_000]) {
  t.test(`${count} rules`, async (t) => {
    const { options, rules, policy } = await loadConfiguration({ workers: 3, rules: rulesOf(count) })
    t.equal(rules, count)
    t.same(options.rules, [], 'the rules are in the policy')
    t.equal(options.workers, 3)
    t.match(new Policy(policy).decideConnect(to(`h${count - 1}.example`)), { action: 'block', rule: `rule-${count}` })
    await t.rejects(loadConfiguration({ rules: [...rulesOf(count), { match: { port: 0 } }] }), {
      name: 'ConfigError',
      path: `rules[${count}].match.port`,
      reason: /an integer from 1 to 65535/,
    })
  })
}

t.test('what no thread can take', async (t) => {
  await t.rejects(loadConfiguration({ rules: [...rulesOf(3_000), { match: () => 1 } as never] }), {
    name: 'UserError',
    what: /no plain value/,
  })
})

t.test('a file', async (t) => {
  const file = join(t.testdir(), 'soth.yaml')
  writeFileSync(file, 'log_level: warn\nrules:\n  - { match: { host: a.example }, action: block }\n')
  const loaded = await loadConfigurationFile({ file, overrides: { log_level: 'error' } })
  t.match(loaded, { rules: 1, options: { log_level: 'error' } })
  const first = [{ name: 'first', match: { host: 'b.example' }, action: 'tunnel' }]
  const both = await loadConfigurationFile({ file, overrides: {}, firstRules: first })
  t.equal(both.rules, 2)
  t.equal(new Policy(both.policy).decideConnect(to('b.example')).rule, 'first')
  writeFileSync(file, 'rules:\n  - { action: explode }\n')
  await t.rejects(loadConfigurationFile({ file, overrides: {} }), {
    name: 'ConfigError',
    line: 2,
    column: 7,
    path: 'rules[0].action',
    file,
  })
  await t.rejects(loadConfigurationFile({ file: `${file}.absent`, overrides: {} }), { name: 'UserError', message: /no such file/ })
})
