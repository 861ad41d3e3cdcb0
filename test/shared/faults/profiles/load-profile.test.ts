/** loadProfile: what is refused of a user's profile file, with file, line, path, reason and remedy; what is taken. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadProfile } from '../../../../src/shared/faults/profiles/load-profile.ts'
import { ConfigError, formatPath } from '../../../../src/shared/options/problems/config-error.ts'

const HEAD = 'profile: mine\ndoc: Mine.\n'

const REFUSED: readonly (readonly [name: string, text: string, line: number, path: string, reason: RegExp, remedy: RegExp])[] = [
  ['a name with a colon', 'profile: a:b\ndoc: x\nentries: {}\n', 1, 'profile', /expected a string.*got "a:b"/, /docs\/faults\.md/],
  ['no entries', HEAD, 1, 'entries', /is missing/, /docs\/faults\.md/],
  ['an unknown key', `${HEAD}entires: {}\nentries: {}\n`, 3, 'entires', /unknown option/, /"entries"/],
  [
    'a default that is not there',
    `${HEAD}default: slow\nentries:\n  slwo: { doc: x, fault: { kind: refuse } }\n`,
    3,
    'default',
    /no entry "slow"/,
    /"slwo"/,
  ],
  [
    'an unknown kind',
    `${HEAD}entries:\n  a:\n    doc: x\n    fault:\n      - kind: refuse\n      - kind: respnd\n`,
    8,
    'entries.a.fault[1].kind',
    /unknown kind "respnd"/,
    /"respond"/,
  ],
  [
    'a key of another kind',
    `${HEAD}entries:\n  a: { doc: x, fault: { kind: refuse, ms: 1 } }\n`,
    4,
    'entries.a.fault.ms',
    /unknown option/,
    /known here/,
  ],
  [
    'what the schema cannot say',
    `${HEAD}entries:\n  a:\n    doc: x\n    fault: { kind: refuse, every: 2, probability: 0.5 }\n`,
    6,
    'entries.a.fault[0].every',
    /beside/,
    /keep one/,
  ],
  [
    'a connection fault by path',
    `${HEAD}match: { path: /x }\nentries:\n  a: { doc: x, fault: { kind: refuse } }\n`,
    5,
    'entries.a.fault[0].kind',
    /before its requests/,
    /match/,
  ],
  ['a malformed host', `${HEAD}match:\n  host: "a..b"\nentries: {}\n`, 4, 'match.host', /a\.\.b/, /./],
  [
    'a reference to a profile',
    `${HEAD}entries:\n  a: { doc: x, fault: { profile: anthropic:529 } }\n`,
    4,
    'entries.a.fault.kind',
    /unknown kind/,
    /known here/,
  ],
]

for (const [name, text, line, path, reason, remedy] of REFUSED) {
  t.test(name, async (t) => {
    const file = join(t.testdir(), 'mine.yaml')
    writeFileSync(file, text)
    try {
      loadProfile(file)
      t.fail('it was taken')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const [problem] = error.problems
      t.equal(error.file, file)
      t.equal(formatPath(problem.path), path)
      t.equal(problem.line, line)
      t.match(problem.reason, reason)
      t.match(problem.remedy, remedy)
    }
  })
}

t.test('taken: one fault as a list, with all defaults; merge keys; JSON', async (t) => {
  const file = join(t.testdir(), 'mine.yaml')
  writeFileSync(
    file,
    `${HEAD}entries:\n  a: { doc: x, fault: &a { kind: respond, status: 418 } }\n  b: { doc: y, fault: [{ <<: *a, every: 2 }] }\n`,
  )
  t.match(loadProfile(file), {
    profile: 'mine',
    match: {},
    entries: { a: { fault: [{ status: 418, probability: 1 }] }, b: { fault: [{ status: 418, every: 2 }] } },
  })
  writeFileSync(file, JSON.stringify({ profile: 'mine', doc: 'x', entries: { a: { doc: 'x', fault: { kind: 'respond', delayMs: 5 } } } }))
  t.match(loadProfile(file).entries, { a: { fault: [{ delay_ms: 5 }] } })
})

t.test('a file that is not there', async (t) => {
  t.throws(() => loadProfile(join(t.testdir(), 'none.yaml')), { name: 'UserError', message: /none\.yaml: no such file/ })
})
