/**
 * Counters and events side by side: three hundred handshakes that fail in every way, of both sides, intercepted, tunnelled, and told by
 * other providers, all mixed up. Each series of `/metrics` by host, side, outcome and source says what the NDJSON file says.
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import t from 'tap'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { helloBytes, list16, sniBody, vector8, vector16 } from '../../support/octets/hello-bytes.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { makeRoot } from '../../support/pki/test-pki.ts'
import { metricBreaches } from '../../support/recorders/event-laws.ts'
import { shortDirectory } from '../../support/short-directory.ts'
import { startHttpsOrigin, startTcpOrigin, type TestOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const HELLO = helloBytes({
  cipherSuites: [0xc02b, 0xc02f],
  extensions: [
    [0, sniBody('localhost')],
    [10, vector16(list16([23]))],
    [11, vector8([0])],
    [13, vector16(list16([0x0403, 0x0804, 0x0401]))],
  ],
})
const HALF_HELLO = HELLO.subarray(0, 40)
const alert = (number: number) => Buffer.of(0x15, 3, 3, 0, 2, 2, number)

const ROUNDS = 15
const PARALLEL = 24
/** Long enough for what is to succeed, also on a busy machine; what is later is a timeout, and counted as one. */
const HANDSHAKE_MS = 4_000
/** Of one act: its connections and what they end in. */
const ACT_MS = 60_000

/** `localhost` is intercepted, `127.0.0.1` tunnelled. */
type Act = (open: (host: string, port: number) => Promise<Socket>, origins: Origins) => Promise<void>

interface Origins {
  readonly good: TestOrigin
  readonly distrusted: TestOrigin
  /** Answers with HTTP, ends by FIN, by RST, and never answers. */
  readonly text: TestOrigin
  readonly closing: TestOrigin
  readonly resetting: TestOrigin
  readonly silent: TestOrigin
}

/** Sends `octets`, ends as `end` says, and waits until the engine has let go. */
function raw(host: string, octets: Uint8Array, end: 'fin' | 'rst' | 'stay', origin: keyof Origins = 'good'): Act {
  return async (open, origins) => {
    const socket = await open(host, origins[origin].port)
    socket.write(octets)
    // Apart from the octets, or a RST would take them with it.
    if (end === 'rst') setTimeout(() => socket.resetAndDestroy(), 50)
    else if (end === 'fin') socket.end()
    await over(socket)
  }
}

/** A real handshake; one that trusts asks for a page, and ends when it has something of it. */
function client(host: string, trusts: boolean, origin: keyof Origins, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Act {
  return async (open, origins) => {
    const socket = await open(host, origins[origin].port)
    const secure = tlsConnect({
      socket,
      servername: 'localhost',
      maxVersion,
      ...(trusts ? { rejectUnauthorized: false } : { ca: STRANGER }),
    })
    secure.on('error', () => socket.destroy())
    secure.once('secureConnect', () => secure.write('GET /data.json HTTP/1.1\r\nHost: localhost\r\n\r\n'))
    secure.once('data', () => secure.end())
    await over(socket)
  }
}

const STRANGER = makeRoot({ commonName: 'stranger' }).certificatePem

async function over(socket: Socket): Promise<void> {
  const deadline = setTimeout(() => socket.destroy(), ACT_MS)
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
  clearTimeout(deadline)
}

const ACTS: readonly Act[] = [
  raw('localhost', Buffer.concat([HELLO, alert(48)]), 'fin'),
  raw('localhost', Buffer.concat([HELLO, alert(42)]), 'fin'),
  raw('localhost', Buffer.concat([HELLO, alert(112)]), 'fin'),
  raw('localhost', HALF_HELLO, 'fin'),
  raw('localhost', HALF_HELLO, 'rst'),
  raw('localhost', HALF_HELLO, 'stay'),
  raw('localhost', HELLO, 'rst', 'silent'),
  client('localhost', false, 'good'),
  client('localhost', false, 'good', 'TLSv1.2'),
  client('localhost', true, 'distrusted'),
  client('localhost', true, 'text'),
  client('localhost', true, 'closing'),
  client('localhost', true, 'resetting'),
  client('localhost', true, 'silent'),
  client('localhost', true, 'good'),
  raw('127.0.0.1', Buffer.concat([HELLO, alert(48)]), 'fin'),
  raw('127.0.0.1', HELLO, 'rst', 'silent'),
  raw('127.0.0.1', Buffer.from('SSH-2.0-x\r\n'), 'fin', 'closing'),
  client('127.0.0.1', false, 'good'),
  client('127.0.0.1', true, 'good'),
]

/** What must be among the outcomes, whatever else a busy machine makes of some of them. */
const EXPECTED: readonly string[] = [
  'localhost client unknown_ca authoritative',
  'localhost client cert_validation authoritative',
  'localhost client handshake_alert authoritative',
  'localhost client eof inferred',
  'localhost client reset inferred',
  'localhost client timeout inferred',
  'localhost client succeeded authoritative',
  'localhost upstream upstream_cert_invalid authoritative',
  'localhost upstream not_tls inferred',
  'localhost upstream eof inferred',
  'localhost upstream reset inferred',
  'localhost upstream timeout inferred',
  'localhost upstream succeeded authoritative',
  '127.0.0.1 client unknown_ca inferred',
  '127.0.0.1 client not_tls inferred',
  '127.0.0.1 client succeeded inferred',
  'a.example client unknown_ca authoritative',
  'a.example client unknown_ca inferred',
  'b.example upstream upstream_cert_invalid authoritative',
]

const PROVIDER_LINES = [
  { provider: 'mitmproxy', side: 'client', host: 'a.example', reason: 'unknown_ca', alert: 48 },
  { provider: 'hudsucker', side: 'client', host: 'a.example', reason: 'unknown_ca', alert: 48 },
  { provider: 'mitmproxy', side: 'upstream', host: 'b.example', reason: 'upstream_cert_invalid' },
].map((line) => `${JSON.stringify({ event: 'tls_handshake_failed', port: 443, client: '10.0.0.1:1', ...line })}\n`)

t.test('every outcome is counted once, by host, side, reason and source', async (t) => {
  const origins: Origins = {
    good: await startHttpsOrigin(servePages),
    distrusted: await startHttpsOrigin(servePages, { issuer: makeRoot({ commonName: 'nobody' }) }),
    text: await startTcpOrigin((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    closing: await startTcpOrigin((socket) => socket.once('data', () => socket.end())),
    resetting: await startTcpOrigin((socket) => socket.once('data', () => socket.resetAndDestroy())),
    silent: await startTcpOrigin((socket) => socket.on('end', () => socket.end()).resume()),
  }
  t.teardown(() => Promise.all(Object.values(origins).map((origin) => origin.close())))
  const door = join(shortDirectory(t), 'p.sock')
  const harness = await EngineHarness.start(t, {
    workers: 2,
    events: { file: join(t.testdirName, 'events.ndjson') },
    providers: { socket: door },
    limits: { handshake_timeout_ms: HANDSHAKE_MS },
    rules: [{ match: { host: '127.0.0.1' }, action: 'tunnel' }],
  })
  const open = async (host: string, port: number) => {
    const socket = connect({ port: harness.proxyPort, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => undefined)
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'data')
    return socket
  }
  const provider = connect(door)
  t.teardown(() => provider.destroy())
  const waiting = Array.from({ length: ROUNDS }, () => ACTS).flat()
  const work = async () => {
    for (let act = waiting.pop(); act !== undefined; act = waiting.pop()) await act(open, origins)
  }
  for (let n = 0; n < ROUNDS; n++) provider.write(PROVIDER_LINES.join(''))
  await Promise.all(Array.from({ length: PARALLEL }, work))

  const flows = ROUNDS * (ACTS.length + PROVIDER_LINES.length)
  await harness.checkLaws(t, flows)
  const lines = readFileSync(join(harness.directory, 'events.ndjson'), 'utf8').trimEnd().split('\n')
  const told = lines.map((line) => JSON.parse(line) as SothEvent)
  t.same(metricBreaches(told, await harness.metrics()), [], 'and so says the file')
  const outcomes = new Set<string>()
  let failed = 0
  for (const event of told) {
    if (event.event === 'tls_handshake_succeeded') outcomes.add(`${event.server_host} ${event.side} succeeded ${event.source}`)
    if (event.event !== 'tls_handshake_failed') continue
    failed++
    outcomes.add(`${event.server_host} ${event.side} ${event.reason} ${event.source}`)
  }
  t.same(
    EXPECTED.filter((outcome) => !outcomes.has(outcome)),
    [],
    'all kinds are there',
  )
  t.ok(failed >= 300, `${failed} failures`)
})
