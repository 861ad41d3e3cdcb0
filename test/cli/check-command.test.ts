/**
 * `soth-mitm check`: output and exit codes, as text and as JSON, through the real command line.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CliProcess, REAL_CLI } from '../support/processes/cli-process.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

const directory = t.testdir()
const good = join(directory, 'good.yaml')
const bad = join(directory, 'bad.yaml')
writeFileSync(good, 'rules: [{ match: { host: a.example }, action: block }]\n')
writeFileSync(bad, 'listne: :1\nlimits:\n  head_bytes: x\n')

async function check(...args: readonly string[]) {
  const run = new CliProcess(REAL_CLI, ['check', ...args])
  return { code: await run.ended, stdout: run.stdout, stderr: run.stderr }
}

t.test('text', async (t) => {
  t.same(await check(good), { code: 0, stdout: `${good}: OK (1 rule)\n`, stderr: '' })
  const refused = await check(bad)
  t.equal(refused.code, 3)
  t.match(refused.stdout, `${bad}:1:1: listne: unknown option; did you mean "listen"?\n`)
  t.match(refused.stdout, `${bad}:3:3: limits.head_bytes: expected an integer from 1024`)
  t.match(await check(join(directory, 'absent')), { code: 1, stdout: /absent: no such file or directory \(ENOENT\); check the path\n$/ })
})

t.test('rules of one name are accepted, and told', async (t) => {
  const twins = join(directory, 'twins.yaml')
  const rule = '  - { name: one, match: { host: a.example }, action: block }\n'
  writeFileSync(twins, `rules:\n${rule}  - { match: { host: b.example }, action: block }\n${rule}${rule}`)
  const note = /rules\[0\] and rules\[2\] have one name, .*: "one"$/
  const { code, stdout } = await check(twins)
  t.equal(code, 0)
  const [first, second, ...rest] = stdout.trimEnd().split('\n')
  t.equal(first, `${twins}: OK (4 rules)`)
  t.match(second, note)
  t.same(rest, [])
  t.match(JSON.parse((await check('--json', twins)).stdout), { ok: true, problems: [], notes: [note] })
})

t.test('JSON', async (t) => {
  t.same(JSON.parse((await check('--json', good)).stdout), { ok: true, file: good, problems: [] })
  const refused = await check(bad, '--json')
  t.equal(refused.code, 3)
  t.match(JSON.parse(refused.stdout), {
    ok: false,
    problems: [
      { path: 'listne', line: 1, remedy: 'did you mean "listen"?' },
      { path: 'limits.head_bytes', line: 3, column: 3 },
    ],
  })
  t.match(JSON.parse((await check(join(directory, 'absent'), '--json')).stdout), { ok: false, problems: [{ reason: /no such file/ }] })
})

t.test('usage', async (t) => {
  t.match(await check(), { code: 2, stderr: /^soth-mitm: FILE: is missing; see soth-mitm check --help\n$/ })
  t.match(await check('--help'), { code: 0, stdout: /Usage: soth-mitm check \[flags\] FILE[\s\S]*--json/ })
})
