/**
 * A real mitmdump with our add-on, and clients that reject it: its TLS outcomes become events of provider mitmproxy, its
 * authoritative ones are learned from, and the door's other rules hold end to end.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import t, { type Test } from 'tap'
import { request } from 'undici'
import type { EventOf } from '../../../src/shared/events/event.ts'
import type { EventName } from '../../../src/shared/events/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { REPOSITORY } from '../../support/kept-equal.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const ADDON = `${REPOSITORY}adapters/mitmproxy/soth_mitm_addon.py`

interface Rig {
  readonly soth: EngineHarness
  /** Short: the path of a socket has 103 octets at most. */
  readonly directory: string
  /** Waits for `count` events of `name` for which `test` holds. */
  wait<Name extends EventName>(name: Name, test: (event: EventOf<Name>) => boolean, count?: number): Promise<EventOf<Name>[]>
}

async function engineWithDoor(t: Test): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const soth = await EngineHarness.start(t, {
    providers: { socket: join(directory, 'p.sock') },
    learning: { enabled: true, threshold: 2, window: 4 },
  })
  return {
    soth,
    directory,
    wait: async (name, test, count = 1) => {
      await until(() => soth.named(name).filter(test).length >= count, `${count} × ${name}`)
      return soth.named(name).filter(test)
    },
  }
}

/** Starts mitmdump on a port of the system's choice, and resolves to that. */
async function startMitmdump(t: Test, directory: string): Promise<number> {
  const settings = [
    `confdir=${directory}/mitm`,
    `soth_socket=${directory}/p.sock`,
    'ssl_insecure=true',
    'listen_host=127.0.0.1',
    'listen_port=0',
  ]
  const mitmdump: ChildProcess = spawn('mitmdump', ['-s', ADDON, ...settings.flatMap((setting) => ['--set', setting])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
  })
  t.teardown(() => mitmdump.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let output = ''
    const read = (part: Buffer) => {
      output += part.toString()
      const port = /listening at \S*:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    }
    mitmdump.stdout?.on('data', read)
    mitmdump.stderr?.on('data', read)
    mitmdump.once('exit', (code) => reject(new Error(`mitmdump ended with ${code}: ${output}`)))
  })
}

/** A Node client behind the proxy at `mitm` that does not trust it. */
async function rejectSilently(mitm: number, origin: number): Promise<void> {
  const socket = connect(mitm, '127.0.0.1')
  socket.write(`CONNECT localhost:${origin} HTTP/1.1\r\n\r\n`)
  await once(socket, 'data')
  const secure = tlsConnect({ socket, servername: 'localhost' })
  await once(secure, 'secureConnect').catch(() => undefined)
  secure.destroy()
}

t.test('mitmdump: a client that rejects, one that trusts, one that goes', { skip: lacks('mitmdump') || lacks('curl') }, async (t) => {
  const { soth, directory, wait } = await engineWithDoor(t)
  const { port: origin, close } = await startHttpsOrigin(servePages)
  t.teardown(close)
  const mitm = await startMitmdump(t, directory)
  const url = `https://localhost:${origin}/`
  const curl = (...more: string[]) => runCommand('curl', ['-sS', '-m', '20', '-x', `http://127.0.0.1:${mitm}`, ...more, url])

  t.not((await curl()).code, 0, 'curl does not trust mitmproxy')
  const [failed] = await wait('tls_handshake_failed', ({ side }) => side === 'client')
  t.match(failed, {
    provider: 'mitmproxy',
    source: 'authoritative',
    reason: 'unknown_ca',
    sub_reason: 'unknown_ca',
    alert: 48,
    server_host: 'localhost',
    server_port: origin,
    client_addr: /^127\.0\.0\.1:\d+$/,
    worker: 0,
  })
  t.equal((await curl('-k')).code, 0, 'curl -k does')
  await wait('stream_closed', () => true, 2)
  const told = soth.events.filter(({ event }) => event !== 'tls_learning_audit')
  t.same(
    told.map(
      (event) =>
        `${event.flow_seq} ${event.event} ${'side' in event ? event.side : ''}${'close_reason' in event ? event.close_reason : ''}`,
    ),
    [
      '0 tls_handshake_started upstream',
      '1 tls_handshake_succeeded upstream',
      '2 tls_handshake_started client',
      '3 tls_handshake_failed client',
      '4 stream_closed tls_handshake_failed',
      '0 tls_handshake_started upstream',
      '1 tls_handshake_succeeded upstream',
      '2 tls_handshake_started client',
      '3 tls_handshake_succeeded client',
      '4 stream_closed completed',
    ],
  )
  const [trusted] = await wait('tls_handshake_succeeded', ({ side }) => side === 'client')
  t.match(trusted, { provider: 'mitmproxy', source: 'authoritative', version: 'TLSv1.3', cipher: /^TLS_/, alpn: 'http/1.1' })

  // Node sends no alert: mitmproxy sees an end, which says nothing for certain.
  await rejectSilently(mitm, origin)
  const [ended] = await wait('tls_handshake_failed', ({ reason }) => reason !== 'unknown_ca')
  t.match(ended, { provider: 'mitmproxy', source: 'inferred', reason: 'eof', sub_reason: 'closed_in_handshake' })

  t.not((await curl()).code, 0)
  const [learned] = await wait('tls_learning_audit', ({ step }) => step === 'learned')
  t.match(learned, { client: '127.0.0.1', host: 'localhost', flow_id: /-0$/, related_flow: /-\d+$/, worker: 0 })
  const listed = await (await request(`http://${soth.admin}/bypasses`)).body.json()
  t.match(listed, { bypasses: [{ client: '127.0.0.1', host: 'localhost', origin: 'learned' }] })
  t.same(
    soth.named('tls_learning_audit').map(({ flow_seq }) => flow_seq),
    soth.named('tls_learning_audit').map((_, n) => n),
    'flow 0 has no gap',
  )
})

t.test('provider hudsucker: inferred whatever it claims, and never learned from', async (t) => {
  const { soth, directory, wait } = await engineWithDoor(t)
  const socket = connect(join(directory, 'p.sock'))
  t.teardown(() => socket.destroy())
  const line = {
    provider: 'hudsucker',
    event: 'tls_handshake_failed',
    side: 'client',
    host: 'a.example',
    port: 443,
    client: '10.0.0.1:1',
    reason: 'unknown_ca',
    alert: 48,
    source: 'authoritative',
  }
  for (let n = 0; n < 5; n++) socket.write(`${JSON.stringify(line)}\n`)
  const audits = await wait('tls_learning_audit', () => true, 5)
  for (const audit of audits) t.match(audit, { step: 'ignored', detail: /hudsucker/ })
  for (const event of await wait('tls_handshake_failed', () => true, 5))
    t.match(event, { source: 'inferred', provider: 'hudsucker', client_addr: '10.0.0.1:1' })
  t.match(await (await request(`http://${soth.admin}/bypasses`)).body.json(), { bypasses: [] })
})

t.test('the add-on’s own tests', { skip: lacks('python3') }, async (t) => {
  const { code, stderr } = await runCommand('python3', ['-B', '-m', 'unittest'], {
    cwd: `${REPOSITORY}adapters/mitmproxy`,
    deadlineMs: 180_000,
  })
  t.equal(code, 0, stderr)
})
