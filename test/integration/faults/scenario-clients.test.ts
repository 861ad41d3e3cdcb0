/**
 * Scenarios as a user runs them, with a client that is not of Node: one in Python that waits as long as it is told passes; one that asks again at
 * once fails, and the report says by how much; one that gives up too early, too.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { REPOSITORY } from '../../support/kept-equal.ts'
import { lacking } from '../../support/lacking.ts'
import { runCommand } from '../../support/run-command.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 15 s on an idle machine. */
t.setTimeout(180_000)

const AGENT = `${REPOSITORY}test/support/fault-clients/agent.py`
const CLI = `${REPOSITORY}dist/src/cli.js`

interface Phase {
  readonly name: string
  readonly ok: boolean
  readonly exit_code: number
  readonly injected: readonly { readonly profile: string; readonly count: number }[]
  readonly operations: readonly {
    readonly outcome: string
    readonly attempts: readonly { readonly waited_ms?: number; readonly asked_ms?: number }[]
  }[]
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly found: string }[]
}

/** The scenario run by the command line: its exit code, its report in text and as JSON. */
async function run(t: Test, manner: 'wait' | 'hurry') {
  const origin = await startHttpsOrigin((request, response) => void request.resume().on('end', () => response.end('{}')))
  t.teardown(() => origin.close())
  const directory = t.testdir({ 'root.pem': ORIGIN_ROOT.certificatePem })
  const file = join(directory, 'scenario.yaml')
  const report = join(directory, 'report.json')
  writeFileSync(
    file,
    `title: an agent in Python
run: [python3, ${AGENT}, "https://localhost:${origin.port}/v1/messages", ${manner}]
env: { no_proxy: "", NO_PROXY: "" }
options:
  workers: 1
  ca_dir: ${join(directory, 'ca')}
  upstream: { extra_ca_file: ${join(directory, 'root.pem')} }
phases:
  - { name: healthy, expect: { outcome: succeeded, exit_code: 0, faults: 0 } }
  - name: rate limited
    faults: ["anthropic:529-retry-after,host=localhost,times=1"]
    expect: { retried: true, retry_after: true, outcome: succeeded, exit_code: 0, faults: 1 }
  - name: for good
    faults: ["anthropic:529-retry-after,host=localhost"]
    expect: { attempts: 4, retry_after: true, outcome: gave_up, exit_code: 1 }
`,
  )
  const args = [CLI, 'scenario', 'run', file, '--json', report]
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { deadlineMs: 120_000 })
  t.notMatch(stderr, /Traceback/)
  return { code, stdout, report: JSON.parse(readFileSync(report, 'utf8')) as { ok: boolean; phases: Phase[] } }
}

t.test('one that waits passes', { skip: lacking('python3') }, async (t) => {
  const { code, stdout, report } = await run(t, 'wait')
  t.equal(code, 0, stdout)
  t.match(report, { ok: true, phases: [{ ok: true }, { ok: true }, { ok: true, exit_code: 1 }] })
  t.match(report.phases[1]?.injected, [{ profile: 'anthropic:529-retry-after', count: 1 }])
  const waits = report.phases.flatMap(({ operations }) => operations.flatMap(({ attempts }) => attempts.slice(1)))
  t.equal(waits.length, 4)
  t.ok(
    waits.every(({ waited_ms: waited = 0, asked_ms: asked }) => asked === 1_000 && waited >= 975),
    JSON.stringify(waits),
  )
  t.match(stdout, /Phase rate limited: pass/i)
})

t.test('one that does not wait fails, and only by that', { skip: lacking('python3') }, async (t) => {
  const { code, stdout, report } = await run(t, 'hurry')
  t.equal(code, 1)
  t.match(report, { ok: false, phases: [{ ok: true }, { ok: false }, { ok: false }] })
  for (const { checks } of report.phases.slice(1)) {
    t.same(
      checks.filter(({ ok }) => !ok).map(({ name }) => name),
      ['retry_after'],
    )
  }
  t.match(stdout, /FAIL {2}retry_after: expected waits of at least what was asked for, less 25 ms; found \d+ ms of 1\.00 s/)
})
