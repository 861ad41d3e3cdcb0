/**
 * `soth-mitm doctor` as a process, on this machine: a CA that nothing here trusts, refused by each client in its own way, and trusted
 * with the variables of exec.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Findings } from '../../../src/cli/doctor/findings.ts'
import { CaStore } from '../../../src/workers/tls/ca/ca-store.ts'
import { lacking } from '../../support/lacking.ts'
import { CliProcess, REAL_CLI } from '../../support/processes/cli-process.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

async function doctor(directory: string, ...args: readonly string[]) {
  const temporary = mkdtempSync(join(tmpdir(), 'soth-doctor-test-'))
  const run = new CliProcess(REAL_CLI, ['doctor', '--ca-dir', join(directory, 'ca'), ...args], { TMPDIR: temporary })
  const code = await run.ended
  const left = readdirSync(temporary)
  rmSync(temporary, { recursive: true })
  return { code, stdout: run.stdout, stderr: run.stderr, left }
}

/** What the engine sees of each client that does not trust (docs/tls-failures.md). */
const REFUSALS = [
  { client: 'curl', programs: ['curl'], reason: 'unknown_ca', sub_reason: 'unknown_ca', source: 'authoritative' },
  { client: 'openssl', programs: ['openssl'], reason: 'unknown_ca', sub_reason: 'unknown_ca', source: 'authoritative' },
  { client: 'python-ssl', programs: ['python3'], reason: 'unknown_ca', sub_reason: 'unknown_ca', source: 'authoritative' },
  { client: 'node', programs: ['node'], reason: 'eof', sub_reason: 'client_rejected_silently', source: 'inferred' },
] as const

const tried = REFUSALS.filter(({ programs }) => lacking(...programs) === false)
const names = tried.flatMap(({ client }) => ['--client', client])

t.test('refused by each in its own way, then trusted', { skip: tried.length === 0 && 'no client on this machine' }, async (t) => {
  const directory = t.testdir()
  new CaStore(join(directory, 'ca'), Date.now).open()
  const refused = await doctor(directory, '--json', ...names)
  t.match(refused, { code: 1, stderr: '', left: [] })
  const findings = JSON.parse(refused.stdout) as Findings
  t.equal(findings.ok, false)
  const trusted = JSON.parse((await doctor(directory, '--exec', '--json', ...names)).stdout) as Findings
  for (const { client, programs: _, ...seen } of tried) {
    const finding = findings.clients.find(({ name }) => name === client)
    t.match(finding, { status: 'untrusted', failure: { side: 'client', ...seen } }, client)
    t.match(finding?.remedy, /^export \w+=.*soth-mitm ca trust --target/)
    t.equal(trusted.clients.find(({ name }) => name === client)?.status, 'ok', client)
  }
})

t.test('the table, and what is checked of the machine', { skip: lacking('curl') }, async (t) => {
  const directory = t.testdir()
  new CaStore(join(directory, 'ca'), Date.now).open()
  const { stdout } = await doctor(directory, '--client', 'curl', '--exec')
  for (const name of ['node', 'descriptors', 'hand-off', 'clock', 'CA validity', 'CA permissions', 'listen', 'admin']) t.match(stdout, name)
  t.match(stdout, /ok +curl/)
})

t.test('without a CA it says so, makes none, and tries nobody', async (t) => {
  const directory = t.testdir()
  const { code, stdout } = await doctor(directory, '--client', 'curl', '--json')
  t.equal(code, 1)
  t.match((JSON.parse(stdout) as Findings).clients, [{ name: 'curl', status: 'skipped' }])
  t.match(stdout, /holds no CA/)
  t.notOk(existsSync(join(directory, 'ca')))
})

t.test('wrong command lines', async (t) => {
  t.match(await doctor(t.testdir(), '--client', 'lynx'), { code: 2, stderr: /lynx: no such client; choose of curl, openssl/ })
})
