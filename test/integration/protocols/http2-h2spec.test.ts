/**
 * h2spec against node:http2, nginx and nghttpd, directly and through the engine: no case that passes without it fails with it
 * (docs/decisions/0008). Skipped where h2spec is neither on the path nor where Go installs programs
 * (`go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible`).
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { startNghttpd } from '../../support/origins/nghttpd-origin.ts'
import { startNginx } from '../../support/origins/nginx-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'

const CASES = 145
/** A case that gets no answer takes a second, on a machine that is not busy. */
const DEADLINE_MS = 400_000
const CASE = /<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g
const h2spec = locate()
const skip = h2spec === undefined ? 'h2spec is not installed' : false

/** h2spec on the path, or in GOBIN or GOPATH/bin. */
function locate(): string | undefined {
  if (lacks('h2spec') === false) return 'h2spec'
  const { stdout } = spawnSync('go', ['env', 'GOBIN', 'GOPATH'], { encoding: 'utf8' })
  const [bin = '', path = ''] = (stdout ?? '').split('\n')
  return [bin, join(path, 'bin')]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'h2spec'))
    .find((file) => lacks(file) === false)
}

interface Verdicts {
  readonly total: number
  readonly skipped: number
  readonly passed: ReadonlySet<string>
}

async function verdicts(port: number, report: string): Promise<Verdicts> {
  await runCommand(h2spec ?? '', ['-t', '-k', '-h', 'localhost', '-p', `${port}`, '-o', '1', '-j', report], { deadlineMs: DEADLINE_MS })
  const cases = [...readFileSync(report, 'latin1').matchAll(CASE)]
  const skipped = cases.filter(([, , , inside]) => inside?.includes('<skipped') === true).length
  const passed = cases.filter(([, , , inside]) => !/<(?:failure|error|skipped)/.test(inside ?? ''))
  return { total: cases.length, skipped, passed: new Set(passed.map(([, section, name]) => `${section} ${name}`)) }
}

const counts = ({ total, skipped, passed }: Verdicts) =>
  `${passed.size} passed, ${skipped} skipped, ${total - skipped - passed.size} failed`
const without = (from: Verdicts, other: Verdicts) => [...from.passed].filter((name) => !other.passed.has(name))

/** Twice where a verdict was lost: h2spec waits for a second only, and the machine may have been busy. */
async function compare(t: Test, port: number, hangUp?: () => void): Promise<void> {
  const harness = await EngineHarness.start(t, { workers: 1 })
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
  const direct = await verdicts(port, join(harness.directory, 'direct.xml'))
  const through = await verdicts(gateway, join(harness.directory, 'through.xml'))
  t.equal(through.total, CASES)
  let lost = without(direct, through)
  if (lost.length > 0) {
    const again = await verdicts(gateway, join(harness.directory, 'again.xml'))
    lost = lost.filter((name) => !again.passed.has(name))
  }
  t.same(lost, [], 'what passes without the engine passes with it')
  t.comment(`directly ${counts(direct)}; through the engine ${counts(through)}`)
  t.comment(`failed with both: ${CASES - direct.skipped - new Set([...direct.passed, ...through.passed]).size}`)
  for (const name of without(through, direct)) t.comment(`stricter: ${name}`)
  hangUp?.()
  await harness.settled(1)
  await harness.checkLaws(t, harness.flowEnds().length)
}

t.setTimeout(4 * DEADLINE_MS)
// Most of the time is waiting, so beside each other.
t.jobs = 3
const options = { timeout: 4 * DEADLINE_MS, skip }

t.test('node:http2', options, async (t) => {
  const origin = await startHttp2Origin(t, (stream) => {
    stream.resume()
    stream.respond({ ':status': 200, 'content-type': 'text/plain' })
    stream.end('ok')
  })
  // Of Node 20 it keeps a connection whose client has gone, after a PRIORITY frame that depends on its own stream.
  await compare(t, origin.port, () => origin.hangUp())
})

t.test('nginx', { ...options, skip: skip || lacks('nginx', '-v') }, async (t) => compare(t, await startNginx(t)))

t.test('nghttpd', { ...options, skip: skip || lacks('nghttpd') }, async (t) => compare(t, await startNghttpd(t)))
