/**
 * Faults cost nothing where no rule has any: counted by the coverage of V8 itself. Of all functions about faults only the three doors are
 * called, once per connection, however many exchanges and octets pass: in a tunnel, in HTTP/1.1 and HTTP/2 inside TLS, in a plain connection.
 */

import { once } from 'node:events'
import { Session as Inspector } from 'node:inspector/promises'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { ShardHarness } from '../support/harnesses/shard-harness.ts'
import { GET, headers, PREFACE, settings } from '../support/octets/http2-frames.ts'
import { startHttp2Origin } from '../support/origins/http2-origin.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'
import { startHttpOrigin, startHttpsOrigin } from '../support/test-origin.ts'

const FAULT_CODE = /\/dist\/src\/(?:workers\/(?:faults\/|fault-points\/|handshakes\/gated)|shared\/faults\/)/
const EXCHANGES = 25

/** How often each function about faults is called by `work`, by name. */
async function callsOf(work: () => Promise<void>): Promise<Record<string, number>> {
  const inspector = new Inspector()
  inspector.connect()
  await inspector.post('Profiler.enable')
  await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await work()
  const { result } = await inspector.post('Profiler.takePreciseCoverage')
  inspector.disconnect()
  const counts = result
    .filter(({ url }) => FAULT_CODE.test(url))
    .flatMap(({ functions }) => functions.map(({ functionName, ranges }) => [functionName, ranges[0]?.count ?? 0] as const))
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

/** A connection through a shard, up to what the CONNECT is answered. */
async function adopt(t: Test, harness: ShardHarness, host: string, port: number): Promise<Received> {
  const pair = await socketPair()
  t.teardown(() => pair.far.destroy())
  harness.adopt(pair.near, host, port)
  const client = new Received(pair.far)
  await client.has('200 Connection Established\r\n\r\n')
  return client
}

function harnessOf(t: Test, action: 'intercept' | 'tunnel'): ShardHarness {
  const harness = new ShardHarness({
    rules: [
      { match: { path: '/none' }, action: 'block' },
      { match: {}, action },
    ],
  })
  t.teardown(() => harness.shard.close())
  return harness
}

const request = (target: string) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** So many exchanges one behind the other. */
async function ask(client: Received, text = request('/')): Promise<void> {
  for (let n = 1; n <= EXCHANGES; n++) {
    client.socket.write(text)
    await client.until((received) => received.text.split('HTTP/1.1 200 OK').length > n, `answer ${n}`)
  }
}

async function secure(t: Test, harness: ShardHarness, port: number, protocol: string): Promise<Received> {
  const { socket } = await adopt(t, harness, 'localhost', port)
  socket.removeAllListeners('data').pause()
  const tls = connectTls({ socket, servername: 'localhost', ca: harness.caPem, ALPNProtocols: [protocol] })
  await once(tls, 'secureConnect')
  return new Received(tls)
}

t.test('a tunnel', async (t) => {
  const origin = await startHttpOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({ rules: [{ match: {}, action: 'tunnel' }] })
  t.teardown(() => harness.shard.close())
  const calls = await callsOf(async () => ask(await adopt(t, harness, '127.0.0.1', origin.port)))
  t.same(calls, { runConnectFaults: 1, armTlsFaults: 1, withTlsFaults: 1, armRelayFaults: 1 })
})

t.test('HTTP/1.1 inside TLS, each request decided by policy', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = harnessOf(t, 'intercept')
  const calls = await callsOf(async () => ask(await secure(t, harness, origin.port, 'http/1.1')))
  t.same(calls, { runConnectFaults: 1, armTlsFaults: 1, armRelayFaults: 1 })
})

t.test('HTTP/2 inside TLS', async (t) => {
  const origin = await startHttp2Origin(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end('answer')
  })
  const harness = harnessOf(t, 'intercept')
  const calls = await callsOf(async () => {
    const client = await secure(t, harness, origin.port, 'h2')
    client.socket.write(Buffer.concat([PREFACE, settings()]))
    for (let n = 0; n < EXCHANGES; n++) client.socket.write(headers(2 * n + 1, GET, true))
    await client.until(({ text }) => text.split('answer').length > EXCHANGES, 'every answer')
  })
  t.same(calls, { runConnectFaults: 1, armTlsFaults: 1, armRelayFaults: 1 })
})

t.test('plain requests', async (t) => {
  const origin = await startHttpOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = harnessOf(t, 'intercept')
  const calls = await callsOf(async () => {
    const pair = await socketPair()
    t.teardown(() => pair.far.destroy())
    harness.adopt(pair.near, '127.0.0.1', origin.port, { kind: 'plain' })
    await ask(new Received(pair.far), request(`http://127.0.0.1:${origin.port}/`))
  })
  t.same(calls, { runConnectFaults: 1, armRelayFaults: 1 })
})

t.test('with a fault on another host, which costs that one only', async (t) => {
  const origin = await startHttpOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({
    rules: [
      { match: { host: 'other.test' }, fault: { kind: 'latency', ms: 1 } },
      { match: {}, action: 'tunnel' },
    ],
  })
  t.teardown(() => harness.shard.close())
  const calls = await callsOf(async () => ask(await adopt(t, harness, '127.0.0.1', origin.port)))
  t.same(calls, { runConnectFaults: 1, armTlsFaults: 1, withTlsFaults: 1, armRelayFaults: 1 })
})

t.test('and with one on this host it is seen', async (t) => {
  const origin = await startHttpOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({ rules: [{ match: {}, action: 'tunnel', fault: { kind: 'latency', ms: 0 } }] })
  t.teardown(() => harness.shard.close())
  const calls = await callsOf(async () => {
    const client = await adopt(t, harness, '127.0.0.1', origin.port)
    await ask(client)
    await until(() => harness.events.some(({ event }) => event === 'fault_injected'), 'the fault')
  })
  t.ok((calls['delay'] ?? 0) >= EXCHANGES, JSON.stringify(calls))
})
