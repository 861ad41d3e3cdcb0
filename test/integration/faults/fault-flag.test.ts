/** `soth-mitm start --fault …` as a process: curl over HTTP/1.1 and HTTP/2 gets what a profile says; faults of flags outlive a reload. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lacking } from '../../support/lacking.ts'
import { startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { CliProcess, REAL_CLI } from '../../support/processes/cli-process.ts'
import { runCommand } from '../../support/run-command.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

// Processes, on a machine that may be busy.
t.setTimeout(600_000)

t.test('every other request is overloaded', { skip: lacking('curl') }, async (t) => {
  let served = 0
  const modern = await startHttp2Origin(t, (stream) => {
    served++
    stream.respond({ ':status': 200 })
    stream.end('served')
  })
  const classic = await startHttpsOrigin((request, response) => void request.resume().on('end', () => response.end('served')))
  t.teardown(() => classic.close())
  const directory = t.testdir({ 'root.pem': ORIGIN_ROOT.certificatePem })
  const config = join(directory, 'soth.json')
  const options = {
    listen: '127.0.0.1:0',
    admin: false,
    workers: 1,
    ca_dir: join(directory, 'ca'),
    upstream: { extra_ca_file: join(directory, 'root.pem') },
  }
  writeFileSync(config, JSON.stringify(options))
  const events = join(directory, 'events.ndjson')
  const fault = 'anthropic:529,every=2,host=localhost'
  const engine = new CliProcess(REAL_CLI, ['--config', config, '--events', events, '--fault', fault])
  t.teardown(() => engine.child.kill('SIGKILL'))
  const [, proxy = ''] = await engine.says(/proxy on (127\.0\.0\.1:\d+)/)
  const curl = async (version: string) => {
    const url = `https://localhost:${(version === '--http2' ? modern : classic).port}/v1/messages`
    const args = [
      '-sS',
      version,
      '-x',
      `http://${proxy}`,
      '--cacert',
      join(directory, 'ca', 'ca.pem'),
      '-d',
      '{}',
      '-w',
      ' %{http_code} %{http_version}',
      url,
    ]
    const { code, stdout, stderr } = await runCommand('curl', args)
    return code === 0 ? stdout : stderr
  }
  t.equal(await curl('--http2'), 'served 200 2')
  t.match(await curl('--http2'), /"type":"overloaded_error".*"request_id":"req_sothmitm_fault_529"} 529 2$/)
  t.match(await curl('--http2'), / 200 2$/)
  t.equal(served, 2, 'the origin never saw the one between')
  writeFileSync(config, JSON.stringify({ ...options, rules: [{ match: { host: 'other.example' }, action: 'block' }] }))
  engine.child.kill('SIGHUP')
  await engine.says(/configuration reloaded/)
  t.equal(await curl('--http1.1'), 'served 200 1.1', 'counts begin anew')
  t.match(await curl('--http1.1'), / 529 1\.1$/)
  engine.child.kill('SIGTERM')
  t.equal(await engine.ended, 0)
  const told = readFileSync(events, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; rule?: string; profile?: string; kind?: string })
  t.same(
    told.filter(({ event }) => event === 'fault_injected').map(({ rule, kind, profile }) => [rule, kind, profile]),
    [
      ['fault-flag-1', 'respond', 'anthropic:529'],
      ['fault-flag-1', 'respond', 'anthropic:529'],
    ],
  )
})
