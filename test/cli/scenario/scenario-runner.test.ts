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

// Processes, waits of seconds, and a machine that may be busy.
t.setTimeout(600_000)

const CLIENT = fileURLToPath(new URL('../../support/processes/scenario-client.js', import.meta.url))

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

const LIMITED = 'anthropic:429-ms,host=localhost,times=1'

t.test('an injected rate limit: waits are held against retry-after, and the origin is asked only what was let through', async (t) => {
  const { client, run, served } = await surroundings(t)
  const expect = {
    faults: 1,
    attempts: 2,
    retried: true,
    retry_after: { late_ms: 5_000 },
    outcome: 'succeeded',
    statuses: [429, 200],
    exit_code: 0,
  }
  const polite = await run({ run: client('polite'), phases: [{ name: 'limited', faults: [LIMITED], expect }] })
  t.match(polite, {
    ok: true,
    phases: [
      {
        injected: [{ rule: 'fault-1', kind: 'respond', profile: 'anthropic:429-ms', count: 1 }],
        operations: [{ method: 'POST', host: 'localhost', path: '/v1/messages', outcome: 'succeeded' }],
      },
    ],
  })
  const [first, second] = polite.phases[0]?.operations[0]?.attempts ?? []
  t.match(
    [first, second],
    [
      { status: 429, faults: ['anthropic:429-ms'] },
      { status: 200, faults: [], asked_ms: 600 },
    ],
  )
  t.ok((second?.waited_ms ?? 0) >= 575, `${second?.waited_ms} ms`)
  t.equal(served(), 1)
  const rude = await run({ run: client('rude'), phases: [{ name: 'limited', faults: [LIMITED], expect: { retry_after: true } }] })
  t.match(
    rude,
    { ok: false, phases: [{ checks: [{ name: 'retry_after', ok: false, found: / of 600 ms$/ }] }] },
    'a client that ignores it fails',
  )
})

t.test('phases: each with its own faults and client; one that gives up, one in vain', async (t) => {
  const { client, run } = await surroundings(t)
  const phases = [
    { name: 'healthy', expect: { faults: 0, outcome: 'succeeded', attempts: 1 } },
    {
      name: 'gives up',
      run: client('once'),
      faults: ['anthropic:529,host=localhost'],
      expect: { outcome: 'gave_up', retried: false, exit_code: 1 },
    },
    {
      name: 'in vain',
      faults: ['anthropic:529-retry-after,host=localhost'],
      expect: { attempts: 3, outcome: 'gave_up', retry_after: true, exit_code: 1 },
    },
    { name: 'healthy again', expect: { faults: 0, outcome: 'succeeded', attempts: 1 } },
  ]
  const report = await run({ run: client('polite'), phases })
  t.same(
    report.phases.map(({ name, checks }) => [name, ...checks.filter(({ ok }) => !ok)]),
    phases.map(({ name }) => [name]),
  )
})
