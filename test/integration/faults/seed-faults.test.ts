/**
 * The second seed's whole list, as one acceptance test: TLS is detected, its handshake tracked, connections are closed at each stage
 * and during application data by probability; and what the seed could not: a 429 on one path inside TLS. The same seed twice gives
 * the same faults per flow, with two workers.
 */

import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openSecure, openTunnel } from '../../support/proxy-client.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

const STAGES = ['client_hello', 'certificate', 'before_finished', 'application_data'] as const
const FLOWS = 60
const AT_A_TIME = 6

/** One tunnelled connection; how it ended for the client does not matter here. */
async function visit(harness: EngineHarness, port: number): Promise<void> {
  const socket = await openTunnel(harness.proxyPort, `localhost:${port}`)
  const secure = connectTls({ socket, servername: 'localhost', ca: ORIGIN_ROOT.certificatePem })
  await new Promise<void>((resolve) => {
    secure.once('close', () => resolve()).on('error', () => secure.destroy())
    secure.once('secureConnect', () => secure.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))
    secure.resume().once('end', () => secure.destroy())
  })
  socket.destroy()
}

/** By flow number: the stages at which it was closed. */
async function run(t: Test, seed: number): Promise<Map<string, string>> {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    workers: 2,
    fault_seed: seed,
    rules: [
      { name: 'seed', match: {}, action: 'tunnel', fault: STAGES.map((at) => ({ kind: 'tls_abort' as const, at, probability: 0.15 })) },
    ],
  })
  const visits = Array.from({ length: FLOWS }, () => () => visit(harness, origin.port))
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let next = visits.pop(); next !== undefined; next = visits.pop()) await next()
    }),
  )
  await harness.checkLaws(t, FLOWS)
  t.equal(harness.named('tls_client_hello').length, new Set(harness.named('tls_client_hello').map(({ flow_id }) => flow_id)).size)
  const stages = new Map<string, string>()
  for (const { flow_id, intended } of harness.named('fault_injected')) {
    stages.set(flow_id.slice(flow_id.lastIndexOf('-')), (intended as { at: string }).at)
  }
  const closed = harness.flowEnds().filter(({ close_reason }) => close_reason === 'fault_injected')
  t.equal(closed.length, stages.size, 'each ends by its fault, and no other')
  t.ok(harness.named('tls_handshake_succeeded').length > 0, 'handshakes are tracked to their end')
  return stages
}

t.test('closed at each stage by probability, and the same again by the same seed', async (t) => {
  const first = await run(t, 11)
  const stages = new Set(first.values())
  t.same([...stages].sort(), [...STAGES].sort(), 'every stage has had its turn')
  t.ok(first.size > FLOWS * 0.25 && first.size < FLOWS * 0.75, `${first.size} of ${FLOWS}`)
  t.same([...(await run(t, 11))].sort(), [...first].sort())
})

t.test('a 429 on /v1/messages inside TLS, and nowhere else', async (t) => {
  let asked = 0
  const origin = await startHttpsOrigin((_request, response) => {
    asked++
    response.end('answer')
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    rules: [
      {
        name: 'limit',
        match: { host: 'localhost', path: '/v1/messages' },
        fault: { kind: 'respond', status: 429, fields: { 'retry-after': '2' } },
      },
    ],
  })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')
  await client.has('HTTP/1.1 429 ')
  client.socket.write('GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await client.over()
  t.match(client.text, /^HTTP\/1\.1 429 .*retry-after: 2.*HTTP\/1\.1 200 /is)
  t.equal(asked, 1, 'the first has cost nothing at the origin')
  await harness.checkLaws(t, 1)
  t.match(harness.named('fault_injected'), [{ rule: 'limit', kind: 'respond', exchange: 0 }])
})
