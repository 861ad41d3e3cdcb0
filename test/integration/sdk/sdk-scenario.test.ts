/**
 * A scenario of the Anthropic SDK, as it comes, with proxy and trust from the environment: it waits as long as it is told, obeys
 * `x-should-retry`, gives up after its third attempt, and gets over a connection that is reset.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loadScenario } from '../../../src/cli/scenario/load-scenario.ts'
import { reportText } from '../../../src/cli/scenario/report-text.ts'
import { runScenario } from '../../../src/cli/scenario/scenario-runner.ts'
import { createEngine } from '../../../src/index.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

// Processes, waits of seconds, and a machine that may be busy.
t.setTimeout(600_000)

const AGENT = fileURLToPath(new URL('../../support/processes/sdk-agent.js', import.meta.url))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const usesProxy = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)
const skip = usesProxy ? NO_FOREIGN_PACKAGES : `Node ${process.versions.node} takes no proxy from the environment`

const PHASES = [
  { name: 'healthy', expect: { outcome: 'succeeded', attempts: 1, exit_code: 0 } },
  {
    name: 'rate limited once',
    faults: ['anthropic:429,host=localhost,times=1'],
    expect: { statuses: [429, 200], retry_after: { late_ms: 5_000 }, outcome: 'succeeded', exit_code: 0 },
  },
  {
    name: 'told not to try again',
    faults: ['anthropic:429-no-retry,host=localhost'],
    expect: { should_retry: true, attempts: 1, outcome: 'gave_up', exit_code: 1 },
  },
  {
    name: 'overloaded for good',
    faults: ['anthropic:529,host=localhost'],
    expect: { faults: 3, attempts: 3, backoff_ms: { min: 370, max: 5_000 }, outcome: 'gave_up', exit_code: 1 },
  },
  {
    name: 'connection reset',
    faults: ['anthropic:reset,host=localhost,times=1'],
    expect: { retried: true, outcome: 'succeeded', exit_code: 0 },
  },
]

t.test('the Anthropic SDK passes', { skip }, async (t) => {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: {} }
  const origin = await startHttpsOrigin((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message)))
  })
  t.teardown(() => origin.close())
  const directory = t.testdir({ 'root.pem': ORIGIN_ROOT.certificatePem })
  const file = join(directory, 'scenario.json')
  const options = { workers: 1, ca_dir: join(directory, 'ca'), upstream: { extra_ca_file: join(directory, 'root.pem') } }
  const run = [process.execPath, AGENT, `https://localhost:${origin.port}`]
  writeFileSync(file, JSON.stringify({ title: 'T', run, env: { NO_PROXY: '', no_proxy: '' }, options, phases: PHASES }))
  const settings = { createEngine, log: () => undefined, onReady: () => undefined }
  const report = await runScenario(loadScenario(file, parseOptions({})), settings)
  t.ok(report.ok, reportText(report))
  t.equal(report.phases.length, PHASES.length)
})
