/** Commands that are interrupted leave no files behind, and no program running. */

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { atInterruption } from '../../src/cli/interruption.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { CliProcess, REAL_CLI } from '../support/processes/cli-process.ts'

t.setTimeout(600_000)

const onUnix = process.platform === 'win32' ? { skip: 'Windows has no such signals' } : {}

t.test('a tour that is interrupted removes its directory', onUnix, async (t) => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const directory = t.testdir({})
    const run = new CliProcess(REAL_CLI, ['demo'], { TMPDIR: directory })
    await until(() => readdirSync(directory).some((name) => name.startsWith('soth-mitm-demo-')), 'it has begun')
    run.child.kill(signal)
    t.equal(await run.ended, code)
    t.same(readdirSync(directory), [])
  }
})

t.test('a scenario that is interrupted ends its client', onUnix, async (t) => {
  const directory = t.testdir({})
  const file = join(directory, 'scenario.yaml')
  const source = 'console.error("client", process.pid); setInterval(() => {}, 1_000)'
  const client = [process.execPath, '-e', source]
  writeFileSync(file, JSON.stringify({ title: 'endless', run: client, phases: [{ name: 'one' }] }))
  const run = new CliProcess(REAL_CLI, ['scenario', 'run', file, '--ca-dir', join(directory, 'ca')])
  const [, pid] = await run.says(/client (\d+)/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 143)
  await until(() => !isAlive(Number(pid)), 'the client has ended')
})

t.test('called off, nothing listens', async (t) => {
  const before = process.listenerCount('SIGINT')
  const callOffs = [atInterruption(() => undefined), atInterruption(() => undefined)]
  t.equal(process.listenerCount('SIGINT'), before + 1)
  for (const callOff of callOffs) callOff()
  t.equal(process.listenerCount('SIGINT'), before)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
