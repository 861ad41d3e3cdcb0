/** docs/admin.md: every path that the server has is told, and every curl line works as it is pasted. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { REPOSITORY } from '../../support/kept-equal.ts'
import { lacking } from '../../support/lacking.ts'
import { runCommand } from '../../support/run-command.ts'

t.setTimeout(600_000)

const page = readFileSync(`${REPOSITORY}docs/admin.md`, 'utf8')
const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trimEnd().split('\n'))

t.test('the page', { skip: lacking('curl') }, async (t) => {
  const { admin } = await EngineHarness.start(t, { learning: { enabled: true } })
  const directory = t.testdir()
  const run = (line: string) => runCommand('sh', ['-c', line.replace('127.0.0.1:9090', admin)], { cwd: directory })
  const { paths } = JSON.parse((await run('curl -sS http://127.0.0.1:9090/')).stdout) as { paths: readonly string[] }
  for (const path of paths) t.ok(page.includes(`| \`${path}\``), path)
  t.ok(lines.length > 5)
  for (const line of lines) {
    const { code, stdout } = await run(line.replace('curl', 'curl -sS'))
    t.equal(code, 0, line)
    t.notMatch(stdout, /"error"/, line)
  }
  t.equal(JSON.parse(readFileSync(`${directory}/events.schema.json`, 'utf8')).$schema?.startsWith('https://json-schema.org/'), true)
})

t.test('a scrape passes the rules of promtool check metrics', async (t) => {
  const { admin } = await EngineHarness.start(t)
  const text = await (await fetch(`http://${admin}/metrics`)).text()
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
  t.ok(types.length > 50)
  for (const { name, type } of types) {
    t.equal(name.endsWith('_total'), type === 'counter', `${name}: a ${type}`)
    t.match(text, new RegExp(`^# HELP ${name} \\S`, 'm'), `${name} has a help text`)
    if (type !== 'summary') t.notMatch(text, new RegExp(`^${name}\\{[^}]*quantile=`, 'm'), `${name} has no quantile`)
    t.notMatch(name, /_(?:ms|milliseconds|minutes|kb|kilobytes|mb|percent)\b/, `${name} is in a base unit`)
  }
  if (lacking('promtool') === false) {
    const checked = await runCommand('promtool', ['check', 'metrics'], { input: text })
    t.equal(checked.stderr + checked.stdout, '')
  }
})
