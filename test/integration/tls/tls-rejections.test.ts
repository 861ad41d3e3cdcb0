/**
 * Real clients that do not trust our CA, and what the engine makes of each: the exact entry of the taxonomy, by TLS version.
 * What clients send is a fact about them (docs/tls-failures.md); a client whose next release sends another alert fails here.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ProxyAgent, request } from 'undici'
import type { EventOf } from '../../../src/shared/events/event.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { REPOSITORY } from '../../support/kept-equal.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

const CLIENTS = `${REPOSITORY}test/support/rejecting-clients/`
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
type Version = (typeof VERSIONS)[number]
type Expected = Partial<EventOf<'tls_handshake_failed'>>

const UNKNOWN_CA: Expected = { reason: 'unknown_ca', sub_reason: 'unknown_ca', alert: 48, phase: 'mid_handshake', source: 'authoritative' }
const CHROMIUMS = ['chromium', 'chromium-browser', 'google-chrome']

function certValidation(alert: number, subReason: string): Expected {
  return { reason: 'cert_validation', sub_reason: subReason, alert, phase: 'mid_handshake', source: 'authoritative' }
}

/** Node's clients say nothing: in TLS 1.2 they go after Finished, in TLS 1.3 instead of it. */
function silence(version: Version): Expected {
  const phase = version === 'TLSv1.2' ? 'after_finished' : 'mid_handshake'
  return { reason: 'eof', sub_reason: 'client_rejected_silently', phase, source: 'inferred' }
}

interface RejectingClient {
  readonly name: string
  readonly skip: string | false
  readonly expected: (version: Version) => Expected
  /** What is expected of it as well, where that is its own race; and it may make another connection where one was closed early. */
  readonly orElse?: Expected
  /** Makes one connection to `localhost:port` through the proxy; whether it failed is the client's affair. */
  readonly run: (proxyPort: number, port: number, version: Version) => Promise<unknown>
}

/** Where `.ci/run` builds `test/support/rejecting-clients/rust`. */
const rustBinary = `${REPOSITORY}node_modules/.cache/rejecting-clients/debug/reject`
const chromium = CHROMIUMS.find((name) => lacks(name) === false)

function wgetLacksGnutls(): string | false {
  const { error, stdout } = spawnSync('wget', ['--version'], { encoding: 'utf8' })
  return error === undefined && stdout.includes('+ssl/gnutls') ? false : 'wget with GnuTLS is not installed'
}

const TABLE: readonly RejectingClient[] = [
  {
    name: 'OpenSSL s_client',
    skip: lacks('openssl', 'version'),
    expected: () => UNKNOWN_CA,
    run: (proxy, port, version) =>
      runCommand('openssl', [
        ...['s_client', '-proxy', `127.0.0.1:${proxy}`, '-connect', `localhost:${port}`, '-servername', 'localhost'],
        ...['-verify_return_error', version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3'],
      ]),
  },
  {
    name: 'curl',
    skip: lacks('curl'),
    expected: () => UNKNOWN_CA,
    run: (proxy, port, version) =>
      runCommand('curl', [
        '-sS',
        '-x',
        `http://127.0.0.1:${proxy}`,
        `--${version.toLowerCase()}`,
        '--tls-max',
        version.slice(-3),
        url(port),
      ]),
  },
  {
    name: 'Python ssl',
    skip: lacks('python3'),
    expected: () => UNKNOWN_CA,
    run: (proxy, port, version) => runCommand('python3', ['-B', `${CLIENTS}reject.py`, `${proxy}`, url(port), version]),
  },
  {
    // Its transport closes before the alert that OpenSSL has made is written.
    name: 'Python asyncio',
    skip: lacks('python3'),
    expected: () => silence('TLSv1.3'),
    run: (proxy, port, version) => runCommand('python3', ['-B', `${CLIENTS}reject.py`, `${proxy}`, url(port), version, 'asyncio']),
  },
  {
    name: 'Go crypto/tls',
    skip: lacks('go', 'version'),
    expected: () => certValidation(42, 'bad_certificate'),
    run: (proxy, port, version) =>
      runCommand('go', ['run', `${CLIENTS}reject.go`, `${proxy}`, url(port), version], { deadlineMs: 400_000 }),
  },
  {
    name: 'Java HttpsURLConnection',
    skip: lacks('java', '-version'),
    expected: () => certValidation(46, 'certificate_unknown'),
    run: (proxy, port, version) => rejectByJava('sockets', proxy, port, version),
  },
  {
    // Its engine makes an alert 46, and the client closes, as a rule without writing it.
    name: 'Java HttpClient',
    skip: lacks('java', '-version'),
    expected: () => ({ ...silence('TLSv1.3') }),
    orElse: certValidation(46, 'certificate_unknown'),
    run: (proxy, port, version) => rejectByJava('client', proxy, port, version),
  },
  {
    name: 'rustls',
    skip: existsSync(rustBinary) ? false : 'the rustls client is not built (.ci/run does, with cargo)',
    expected: () => UNKNOWN_CA,
    run: (proxy, port, version) => runCommand(rustBinary, [`${proxy}`, `localhost:${port}`, version]),
  },
  {
    // Verifies after the handshake, and closes over the tickets that it has not read: a RST.
    name: 'GnuTLS (wget)',
    skip: wgetLacksGnutls(),
    expected: () => ({ reason: 'reset', sub_reason: 'reset_after_finished', phase: 'after_finished', source: 'inferred' }),
    run: (proxy, port, version) =>
      runCommand('wget', [
        '-q',
        '-t',
        '1',
        '-O',
        '-',
        `--secure-protocol=${version.replace('.', '_')}`,
        '-e',
        `https_proxy=127.0.0.1:${proxy}`,
        url(port),
      ]),
  },
  {
    name: 'Node https',
    skip: false,
    expected: silence,
    run: (proxy, port, version) => runCommand(process.execPath, [`${CLIENTS}reject.mjs`, `${proxy}`, url(port), version]),
  },
  { name: 'undici', skip: false, expected: silence, run: rejectByUndici },
]

function url(port: number): string {
  return `https://localhost:${port}/`
}

function rejectByJava(api: string, proxy: number, port: number, version: Version): Promise<unknown> {
  return runCommand('java', [`${CLIENTS}Reject.java`, `${proxy}`, url(port), version, api], { deadlineMs: 180_000 })
}

async function rejectByUndici(proxy: number, port: number, version: Version): Promise<void> {
  const agent = new ProxyAgent({ uri: `http://127.0.0.1:${proxy}`, requestTls: { minVersion: version, maxVersion: version } })
  await request(url(port), { dispatcher: agent }).catch(() => undefined)
  await agent.destroy()
}

t.setTimeout(600_000)

t.test('each client gives its exact entry', async (t) => {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  let flows = 0
  for (const client of TABLE) {
    for (const version of VERSIONS) {
      await t.test(`${client.name}, ${version}`, { skip: client.skip }, async (t) => {
        harness.forget()
        await client.run(harness.proxyPort, origin.port, version)
        flows++
        await harness.settled(1)
        const attempts = client.orElse === undefined ? 1 : harness.flowEnds().length
        const failures = harness.named('tls_handshake_failed')
        t.equal(failures.length, attempts)
        for (const failure of failures) {
          const isOther = client.orElse !== undefined && failure.alert === client.orElse.alert
          const expected = isOther ? client.orElse : client.expected(version)
          t.match(failure, { side: 'client', provider: 'native', server_host: 'localhost', ...expected })
          t.equal(failure.alert, expected?.alert)
        }
        const origins = [
          ...harness.named('tls_handshake_succeeded').filter(({ side }) => side === 'upstream'),
          ...harness.named('origin_reused'),
        ]
        t.equal(origins.length, attempts, 'the origin side was sound')
        const [end] = harness.flowEnds()
        t.ok(end?.close_reason === 'tls_handshake_failed' || client.expected(version).phase === 'after_finished', `${end?.close_reason}`)
      })
    }
  }
  t.ok(flows > 0)
})

t.test('Chromium', { skip: chromium === undefined ? 'Chromium is not installed' : false }, async (t) => {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  const profile = mkdtempSync(join(tmpdir(), 'soth-chromium-'))
  t.teardown(() => rmSync(profile, { recursive: true, force: true }))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, '--proxy-bypass-list=<-loopback>']
  await runCommand(chromium ?? '', [...flags, `--proxy-server=127.0.0.1:${harness.proxyPort}`, '--dump-dom', url(origin.port)])
  const failures = harness.named('tls_handshake_failed').filter(({ server_host }) => server_host === 'localhost')
  t.match(failures[0], { side: 'client', ...certValidation(46, 'certificate_unknown') })
})
