/** expandProfiles: references give way to faults that say where they come from; the reference's trigger keys win; what is wrong. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ruleFaults } from '../../../../src/shared/faults/rule-fault.ts'
import { loadConfigFile } from '../../../../src/shared/options/document/load-config-file.ts'
import { parseOptions } from '../../../../src/shared/options/parse-options.ts'
import { ConfigError, formatPath } from '../../../../src/shared/options/problems/config-error.ts'

type Rule = NonNullable<Parameters<typeof parseOptions>[0]>

const faultsOf = (fault: Rule) => parseOptions({ rules: [{ name: 'r', match: {}, fault }] } as never).rules[0]?.fault

t.test('trigger keys of the reference win', async (t) => {
  t.match(faultsOf({ profile: 'anthropic:529' }), [{ kind: 'respond', status: 529, probability: 1, profile: 'anthropic:529' }])
  t.match(faultsOf({ kind: 'profile', profile: 'anthropic:529', every: 3, skip: 1 }), [{ every: 3, skip: 1, probability: 1 }])
  const mixed = faultsOf({ profile: 'anthropic' }) ?? []
  t.ok(mixed.length > 1 && mixed.every(({ probability, profile }) => (probability ?? 1) < 1 && profile === 'anthropic:mixed'))
  t.ok(faultsOf({ profile: 'anthropic', probability: 0.5 })?.every(({ probability }) => probability === 0.5))
  t.ok(faultsOf({ profile: 'anthropic', every: 2 })?.every(({ every, probability }) => every === 2 && probability === 1))
})

t.test('order is kept, and what was expanded is taken again as it is', async (t) => {
  const options = parseOptions({
    rules: [
      {
        name: 'r',
        match: {},
        fault: [
          { kind: 'latency', ms: 1 },
          { profile: 'openai:429', times: 2 },
          { kind: 'slow_close', ms: 1 },
        ],
      },
    ],
  })
  const bound = [...ruleFaults(options.rules).values()].flat()
  t.same(
    bound.map(({ options: { kind }, profile, index, slot }) => [kind, profile, index, slot]),
    [
      ['latency', undefined, 0, 0],
      ['respond', 'openai:429', 1, 1],
      ['slow_close', undefined, 2, 2],
    ],
  )
  t.same(parseOptions({ ...options }).rules, options.rules)
})

t.test('what is wrong', async (t) => {
  const file = join(t.testdir(), 'soth.yaml')
  const cases: readonly (readonly [rule: string, path: string, reason: RegExp])[] = [
    ['fault: { profile: anthropic:528 }', 'rules[0].fault[0].profile', /no entry "528"/],
    ['fault: [{ kind: latency, ms: 1 }, { profile: antropic }]', 'rules[0].fault[1].profile', /no profile "antropic"/],
    ['match: { path: /x }\n    fault: { profile: flaky-network:wifi }', 'rules[0].fault[0].profile', /before its requests/],
    ['action: block\n    fault: { profile: anthropic:529 }', 'rules[0].fault[0].profile', /blocks/],
    [`fault: [${Array.from({ length: 5 }, () => '{ profile: anthropic }').join(', ')}]`, 'rules[0].fault', /comes to 20 faults/],
    ['fault: { profile: anthropic:529, every: 2, probability: 0.5 }', 'rules[0].fault[0].every', /beside/],
  ]
  for (const [rule, path, reason] of cases) {
    writeFileSync(file, `rules:\n  - name: r\n    ${rule}\n`)
    try {
      loadConfigFile(file)
      t.fail(rule)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      t.equal(formatPath(error.problems[0].path), path)
      t.ok((error.problems[0].line ?? 0) >= 3, 'the line of the rule')
      t.match(error.problems[0].reason, reason)
    }
  }
})

t.test('rules of the policy beside', async (t) => {
  const shadow = (profile: string) => ({ shadow: { rules: [{ match: {}, fault: { profile } }] } })
  t.match(parseOptions(shadow('anthropic:529')).shadow?.rules[0]?.fault, [{ status: 529, profile: 'anthropic:529' }])
  t.throws(() => parseOptions(shadow('anthropic:528')), { name: 'ConfigError', path: 'shadow.rules[0].fault[0].profile' })
})

t.test('files of the configuration', async (t) => {
  const directory = t.testdir()
  const [file, mine] = [join(directory, 'soth.yaml'), join(directory, 'mine.yaml')]
  writeFileSync(mine, 'profile: mine\ndoc: Mine.\ndefault: a\nentries:\n  a: { doc: x, fault: { kind: respond, status: 418 } }\n')
  writeFileSync(file, `fault_profiles: [${mine}]\nrules:\n  - match: {}\n    fault: { profile: mine }\n`)
  t.match(loadConfigFile(file).rules[0]?.fault, [{ status: 418, profile: 'mine:a' }])
  writeFileSync(mine, 'profile: mine\ndoc: Mine.\nentries:\n  a: { doc: x, fault: { kind: respond, sttus: 418 } }\n')
  t.throws(
    () => loadConfigFile(file),
    { name: 'ConfigError', file: mine, line: 4, path: 'entries.a.fault.sttus' },
    'the place is in the profile’s own file',
  )
})
