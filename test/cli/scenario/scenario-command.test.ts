/** `soth-mitm scenario` as a process: real clients, one polite and one rude, a real engine, a TLS origin; reports and exit codes. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { CliProcess, REAL_CLI } from '../../support/processes/cli-process.ts'
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
  const client = (manners: string) => [process.execPath, CLIENT, `https://localhost:${origin.port}/v1/messages`, manners]
  const options = { workers: 1, ca_dir: join(directory, 'ca'), upstream: { extra_ca_file: join(directory, 'root.pem') } }
  const run = async (scenario: object, ...args: readonly string[]) => {
    const file = join(directory, 'scenario.yaml')
    writeFileSync(file, stringify({ title: 'T', options, env: { NO_PROXY: '', no_proxy: '' }, ...scenario }))
    const cli = new CliProcess(REAL_CLI, ['scenario', 'run', file, ...args])
    return { code: await cli.ended, stdout: cli.stdout, stderr: cli.stderr }
  }
  const fail = (times: number) => {
    failures = times
  }
  return { client, run, fail, directory, served: () => served }
}

t.test('an origin that fails by itself: a client that waits as it is told passes, one that does not fails', async (t) => {
  const { client, run, fail } = await surroundings(t)
  const expect = {
    faults: 0,
    attempts: 2,
    retried: true,
    retry_after: { late_ms: 2_000 },
    outcome: 'succeeded',
    statuses: [503, 200],
    exit_code: 0,
  }
  fail(1)
  const polite = await run({ run: client('polite'), phases: [{ name: 'busy', expect }] })
  t.match(polite, {
    code: 0,
    stdout: /Phase busy: PASS[\s\S]*waited [\d.]+ m?s of the 400 ms asked for[\s\S]*PASS: 1 of 1 phase\n/,
    stderr: /attempt 2: 200/,
  })
  fail(1)
  const rude = await run({ run: client('rude'), phases: [{ name: 'busy', expect }] })
  t.match(rude, {
    code: 1,
    stdout: /FAIL {2}retry_after: expected waits of at least what was asked for, less 25 ms.*; found \d+ ms of 400 ms[\s\S]*FAIL: 0 of 1/,
  })
})

t.test('clients from outside: a phase ends after so many exchanges, or after its time', async (t) => {
  const { run, directory, client } = await surroundings(t)
  const silent = await run({ phases: [{ name: 'nobody', wait_ms: 50, expect: { outcome: 'succeeded' } }] })
  t.match(silent, { code: 1, stdout: /outcome: expected succeeded; found nothing to look at/, stderr: /proxy on 127\.0\.0\.1:\d+, CA / })
  const file = join(directory, 'outside.yaml')
  const options = { workers: 1, ca_dir: join(directory, 'ca'), upstream: { extra_ca_file: join(directory, 'root.pem') } }
  writeFileSync(
    file,
    stringify({ title: 'T', options, phases: [{ name: 'one', exchanges: 1, wait_ms: 15_000, expect: { statuses: [200] } }] }),
  )
  const cli = new CliProcess(REAL_CLI, ['scenario', 'run', file])
  const [, address = '', ca = ''] = await cli.says(/proxy on (\S+), CA (\S+)/)
  const [, script = '', url = ''] = client('once')
  const outsider = new CliProcess(new URL(`file://${script}`), [url, 'once'], { HTTPS_PROXY: `http://${address}`, NODE_EXTRA_CA_CERTS: ca })
  t.equal(await outsider.ended, 0)
  t.equal(await cli.ended, 0)
  t.match(cli.stdout, /PASS: 1 of 1/)
})

t.test('a client that never ends, one that does not start, a file that is wrong', async (t) => {
  const { run, directory } = await surroundings(t)
  const phases = [{ name: 'hangs' }]
  const hanging = [process.execPath, '-e', 'setInterval(() => {}, 1000)']
  t.match(await run({ run: hanging, timeout_ms: 300, phases }), { code: 1, stdout: /FAIL {2}timeout: expected the client ends by itself/ })
  t.match(await run({ run: ['no-such-program-here'], phases }), { code: 1, stderr: /no-such-program-here: the client did not start/ })
  t.match(await run({ run: hanging, phases: [{ name: 'x', faults: ['anthropic:528'] }] }), {
    code: 3,
    stderr: /scenario\.yaml:\d+:\d+: phases\[0\]\.faults\[0\]: there is no entry "528"/,
  })
  const check = new CliProcess(REAL_CLI, ['scenario', 'chekc', join(directory, 'scenario.yaml')])
  t.equal(await check.ended, 2)
})
