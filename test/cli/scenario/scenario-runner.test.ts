/** runScenario: a real engine, real clients, one polite and one rude, a TLS origin that fails by itself or is kept from answering. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { loadScenario } from '../../../src/cli/scenario/load-scenario.ts'
import { runScenario } from '../../../src/cli/scenario/scenario-runner.ts'
import { createEngine } from '../../../src/index.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

const CLIENT = fileURLToPath(new URL('../../support/scenario-client.js', import.meta.url))

/** An origin that answers 200, or as often as it is told to 503; and what runs scenarios against it. */
async function surroundings(t: Test) {
  let [served, failures] = [0, 0]
  const origin = await startHttpsOrigin((request, response) => {
    served++
    if (failures-- > 0) response.writeHead(503, { 'retry-after-ms': '400' })
    request.resume().on('end', () => response.end('served'))
  })
  t.teardown(() => origin.close())
  const directory = t.testdir({ 'root.pem': ORIGIN_ROOT.certificatePem })
  const options = { workers: 1, ca_dir: join(directory, 'ca'), upstream: { extra_ca_file: join(directory, 'root.pem') } }
  const run = async (scenario: object) => {
    const file = join(directory, 'scenario.json')
    writeFileSync(file, JSON.stringify({ title: 'T', options, env: { NO_PROXY: '', no_proxy: '' }, ...scenario }))
    return runScenario(loadScenario(file, parseOptions({})), { createEngine, log: () => undefined, onReady: () => undefined })
  }
  const fail = (times: number) => {
    failures = times
  }
  const client = (manners: string) => [process.execPath, CLIENT, `https://localhost:${origin.port}/v1/messages`, manners]
  return { client, run, fail, served: () => served }
}

t.test('an origin that fails by itself: a client that waits as it is told passes, one that does not fails', async (t) => {
  const { client, run, fail } = await surroundings(t)
  const expect = { faults: 0, attempts: 2, retry_after: { late_ms: 5_000 }, outcome: 'succeeded', statuses: [503, 200], exit_code: 0 }
  fail(1)
  t.match(await run({ run: client('polite'), phases: [{ name: 'busy', expect }] }), { ok: true })
  fail(1)
  const rude = await run({ run: client('rude'), phases: [{ name: 'busy', expect }] })
  t.same(
    rude.phases.map(({ checks }) => checks.filter(({ ok }) => !ok).map(({ name }) => name)),
    [['retry_after']],
  )
})
