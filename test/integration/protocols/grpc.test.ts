/**
 * @grpc/grpc-js on both sides, directly and through the engine: every kind of call comes to the same results, and the events of
 * the engine tell of them.
 */

import t, { type Test } from 'tap'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { type Grpc, makeCalls, serveCalls } from '../../support/origins/grpc-calls.ts'
import { ORIGIN_ROOT, originCertificate } from '../../support/test-origin.ts'

t.setTimeout(600_000)

t.test('the same results as without the engine', { skip: NO_FOREIGN_PACKAGES }, async (t: Test) => {
  const grpc = await importForeign<Grpc>('@grpc/grpc-js')
  const { port, close } = await serveCalls(grpc, originCertificate())
  t.teardown(close)
  const rules = [{ name: 'captured', match: { host: 'localhost' }, action: 'intercept' as const, capture: { body_bytes: 64 } }]
  const harness = await EngineHarness.start(t, { workers: 1, rules })
  const direct = await makeCalls(grpc, `localhost:${port}`, ORIGIN_ROOT.certificatePem)
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
  const through = await makeCalls(grpc, `localhost:${gateway}`, harness.caPem)
  t.same(through, direct)
  await harness.settled(1)
  await harness.checkLaws(t, harness.flowEnds().length)
  const calls = new Map(harness.named('grpc_call').map((call) => [call.method, call]))
  t.match(calls.get('Unary'), { service: 'test.Calls', status: 0, outcome: 'ok', kind: 'unary', protocol: 'grpc', codec: 'proto' })
  t.match(calls.get('ClientStream'), { kind: 'client_streaming', messages_client: 10, messages_origin: 1, outcome: 'ok' })
  t.match(calls.get('ServerStream'), { kind: 'server_streaming', messages_client: 1, messages_origin: 10, outcome: 'ok' })
  t.match(calls.get('Bidi'), { kind: 'bidirectional', messages_client: 200, messages_origin: 200, outcome: 'ok' })
  t.match(calls.get('Large'), { bytes_client: 4_000_000, bytes_origin: 4_000_000, outcome: 'ok' })
  t.match(calls.get('Fail'), { status: 9, status_message: 'not now: ü', outcome: 'status' })
  t.match(calls.get('Never'), { outcome: 'cancelled' })
  t.type(calls.get('Deadline')?.timeout_ms, 'number')
  t.match(calls.get('Missing'), { status: 12, outcome: 'status' })
  t.equal(Buffer.from(harness.named('grpc_message')[0]?.data ?? '', 'base64').toString(), 'ping')
})

t.test('through the proxy that grpc-js itself speaks to', { skip: NO_FOREIGN_PACKAGES }, async (t: Test) => {
  const grpc = await importForeign<Grpc>('@grpc/grpc-js')
  const { port, close } = await serveCalls(grpc, originCertificate())
  t.teardown(close)
  const harness = await EngineHarness.start(t, { workers: 1 })
  // The library looks at the environment when a channel is made.
  process.env['grpc_proxy'] = harness.proxyUrl
  t.teardown(() => {
    delete process.env['grpc_proxy']
  })
  const through = await makeCalls(grpc, `localhost:${port}`, harness.caPem)
  t.equal(through['unary'], 'ping pong')
  await harness.settled(1)
  await harness.checkLaws(t, harness.flowEnds().length)
  t.ok(harness.named('grpc_call').length > 5)
})
