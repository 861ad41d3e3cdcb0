/** `soth-mitm faults`: kinds and profiles, the entries of one, what an entry sends; as text and as JSON; wrong names. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CliProcess, FAKE_ENGINE_CLI } from '../support/processes/cli-process.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

async function faults(...args: readonly string[]) {
  const run = new CliProcess(FAKE_ENGINE_CLI, ['faults', ...args])
  return { code: await run.ended, stdout: run.stdout, stderr: run.stderr }
}

t.test('text', async (t) => {
  t.match(await faults(), { code: 0, stdout: /anthropic +Errors of the Anthropic[\s\S]*tls_abort +the handshake/ })
  t.match(await faults('anthropic'), { code: 0, stdout: /anthropic:529 +overloaded_error[\s\S]*By itself, anthropic is anthropic:mixed/ })
  t.match(await faults('anthropic:529'), { code: 0, stdout: /host: api\.anthropic\.com[\s\S]*status: 529[\s\S]*overloaded_error/ })
  t.match(await faults('latency'), { code: 0, stdout: /distribution +how the delays are spread/ })
  t.match(await faults('anthropc'), { code: 2, stderr: /anthropc: there is no profile "anthropc"; did you mean "anthropic"\?/ })
})

t.test('JSON, and a file of the user', async (t) => {
  const file = join(t.testdir(), 'mine.yaml')
  writeFileSync(file, 'profile: mine\ndoc: Mine.\nentries:\n  a: { doc: x, fault: { kind: refuse } }\n')
  const listed = JSON.parse((await faults('--json', '--profile', file)).stdout) as { profiles: { name: string }[] }
  t.ok(listed.profiles.some(({ name }) => name === 'mine'))
  t.match(JSON.parse((await faults('--json', '--profile', file, 'mine:a')).stdout), { name: 'mine:a', fault: [{ kind: 'refuse' }] })
  writeFileSync(file, 'profile: mine\n')
  t.match(await faults('--profile', file), { code: 3, stderr: /mine\.yaml:1:1: doc: is missing/ })
})
