/** loadScenario: what is refused, with the line where it stands; what is taken, with the options of each phase. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadScenario } from '../../../src/cli/scenario/load-scenario.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { ConfigError, formatPath } from '../../../src/shared/options/problems/config-error.ts'

const BASE = parseOptions({ rules: [{ name: 'base', match: {}, action: 'intercept' }] })

function load(t: Test, text: string) {
  const file = join(t.testdir(), 'scenario.yaml')
  writeFileSync(file, text)
  return loadScenario(file, BASE)
}

const HEAD = 'title: T\nrun: [node, client.js]\n'
const REFUSED: readonly (readonly [name: string, text: string, line: number, path: string, reason: RegExp])[] = [
  ['no phases', `${HEAD}phases: []\n`, 3, 'phases', /non-empty list/],
  ['an unknown key', `${HEAD}phases:\n  - name: a\n    expect: { retrys: true }\n`, 5, 'phases[0].expect.retrys', /unknown option/],
  ['a phase that never ends', 'title: T\nphases:\n  - name: a\n', 3, 'phases[0]', /no client, and nothing that ends it/],
  [
    'an unknown profile',
    `${HEAD}phases:\n  - name: a\n    faults:\n      - latency,ms=1\n      - anthropic:528\n`,
    7,
    'phases[0].faults[1]',
    /no entry "528"/,
  ],
  ['a key of another kind', `${HEAD}phases:\n  - name: a\n    faults: ['latency,mz=1']\n`, 5, 'phases[0].faults[0]', /unknown option/],
  [
    'a rule of a phase',
    `${HEAD}phases:\n  - name: a\n    faults: ['latency,ms=1']\n    rules:\n      - match: { host: "a..b" }\n`,
    7,
    'phases[0].rules[0].match.host[0]',
    /a\.\.b/,
  ],
  ['an option', `${HEAD}options:\n  workers: many\nphases: [{ name: a }]\n`, 4, 'options.workers', /expected "auto"/],
  [
    'a rule of the options',
    `${HEAD}options:\n  rules:\n    - match: { host: "a..b" }\nphases: [{ name: a }]\n`,
    5,
    'options.rules[0].match.host[0]',
    /a\.\.b/,
  ],
  [
    'a range without a number',
    `${HEAD}phases:\n  - name: a\n    expect: { attempts: { min: 3, max: 2 } }\n`,
    5,
    'phases[0].expect.attempts.min',
    /is more than max/,
  ],
  [
    'a wait in words',
    `${HEAD}phases:\n  - name: a\n    expect: { retry_after: { late_ms: soon } }\n`,
    5,
    'phases[0].expect.retry_after.late_ms',
    /^expected number, got "soon"$/,
  ],
  [
    'a framing field of a response',
    `${HEAD}phases:\n  - name: a\n    faults: ['respond,fields.content-length=2']\n`,
    5,
    'phases[0].faults[0]',
    /^says how long the body is, which the engine does: use wrong_content_length/,
  ],
  ['rules that are no list', `${HEAD}options:\n  rules: none\nphases: [{ name: a }]\n`, 4, 'options.rules', /expected a list/],
]

for (const [name, text, line, path, reason] of REFUSED) {
  t.test(name, async (t) => {
    try {
      load(t, text)
      t.fail('it was taken')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const [problem] = error.problems
      t.equal(formatPath(problem.path), path)
      t.equal(problem.line, line)
      t.match(problem.reason, reason)
    }
  })
}

t.test('rules of phases stand before those of the scenario and of the configuration; each phase has its own', async (t) => {
  const { scenario, phases } = load(
    t,
    `${HEAD}env: { NO_PROXY: "" }
options: { workers: 0, rules: [{ name: own, match: { host: a } }] }
phases:
  - name: one
    faults: ["anthropic:529,host=localhost,times=2"]
    rules: [{ name: inner, match: { host: b }, fault: { profile: openai:429 } }]
  - { name: two, run: [other], expect: { attempts: 3, backoff_ms: { min: 5 }, retry_after: true } }
`,
  )
  t.same(scenario.env, { NO_PROXY: '' }, 'names of variables are the user’s own')
  const [one, two] = phases
  t.same(
    one.options.rules.map(({ name }) => name),
    ['fault-1', 'inner', 'own', 'base'],
  )
  t.match(one.options, { listen: '127.0.0.1:0', admin: false, workers: 0 })
  t.match(one.options.rules[0]?.fault, [{ status: 529, times: 2, profile: 'anthropic:529' }])
  t.same(
    two?.options.rules.map(({ name }) => name),
    ['own', 'base'],
  )
  t.same([one.command, two?.command], [['node', 'client.js'], ['other']])
  t.same(two?.phase.expect, { attempts: { min: 3, max: 3 }, backoff_ms: { min: 5 }, retry_after: { early_ms: 25 } })
})
