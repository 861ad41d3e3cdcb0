/**
 * h2spec against node:http2 and nginx, directly and through the engine: no case that passes without it fails with it
 * (docs/decisions/0008). Skipped where h2spec is not on the path (`go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1`).
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openGateway } from '../support/connect-gateway.ts'
import { EngineHarness } from '../support/engine-harness.ts'
import { startHttp2Origin } from '../support/http2-origin.ts'
import { startNginx } from '../support/nginx-origin.ts'
import { lacks, runCommand } from '../support/run-command.ts'

const CASES = 145
const DEADLINE_MS = 100_000
const CASE = /<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g

/** The names of the cases that passed, of all. */
async function verdicts(port: number, report: string): Promise<{ total: number; passed: Set<string> }> {
  const given = ['-t', '-k', '-h', 'localhost', '-p', `${port}`, '-o', '1', '-j', report]
  await runCommand('h2spec', given, { deadlineMs: DEADLINE_MS })
  const cases = [...readFileSync(report, 'latin1').matchAll(CASE)]
  const passed = cases.filter(([, , , inside]) => !/<(?:failure|error|skipped)/.test(inside ?? ''))
  return { total: cases.length, passed: new Set(passed.map(([, section, name]) => `${section} ${name}`)) }
}

async function compare(t: Test, port: number): Promise<void> {
  const harness = await EngineHarness.start(t, { workers: 1 })
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
  const [direct, through] = await Promise.all([
    verdicts(port, join(harness.directory, 'direct.xml')),
    verdicts(gateway, join(harness.directory, 'through.xml')),
  ])
  t.equal(through.total, CASES)
  t.same(
    [...direct.passed].filter((name) => !through.passed.has(name)),
    [],
    'what passes without the engine passes with it',
  )
  t.comment(`${direct.passed.size} passed directly, ${through.passed.size} through the engine`)
  await harness.settled(1)
  await harness.checkLaws(t, harness.flowEnds().length)
}

t.test('node:http2', { skip: lacks('h2spec') }, async (t) => {
  const origin = await startHttp2Origin(t, (stream) => {
    stream.resume()
    stream.respond({ ':status': 200, 'content-type': 'text/plain' })
    stream.end('ok')
  })
  await compare(t, origin.port)
})

t.test('nginx', { skip: lacks('h2spec') || lacks('nginx', '-v') }, async (t) => compare(t, await startNginx(t)))
