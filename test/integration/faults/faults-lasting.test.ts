/**
 * Faults that last: a close that comes late, and a handshake with the origin that stands still.
 */

import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import type { FaultInput } from '../../support/armed-faults.ts'
import { ask, FaultOrigin, type Mode } from '../../support/clients/fault-client.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { openSecure, openTunnel, Received } from '../../support/proxy-client.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 10 s on an idle machine. */
t.setTimeout(600_000)

const OCTETS = 10_000
/** Longer than the others of these tests take between two events of one socket. */
const LATE_MS = 600

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

for (const mode of ['tunnel', 'http1'] as const) {
  t.test(`slow_close, ${mode}: the octets come at once, the end does not`, async (t) => {
    const origin = await FaultOrigin.start(t, mode, OCTETS)
    const harness = await EngineHarness.start(t, { rules: [spoilt(mode, { kind: 'slow_close', ms: LATE_MS })] })
    const client =
      mode === 'tunnel'
        ? new Received(await openTunnel(harness.proxyPort, `localhost:${origin.port}`))
        : await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem, { ALPNProtocols: ['http/1.1'] })
    client.socket.write(REQUEST)
    await client.until(({ bytes }) => bytes.length >= OCTETS, 'every octet')
    const readAt = performance.now()
    t.notOk(client.ended, 'it has not ended with them')
    await client.until(({ ended }) => ended, 'the end')
    const ms = performance.now() - readAt
    t.ok(ms >= LATE_MS * 0.8, `the end came ${ms} ms behind the last octet`)
    client.socket.destroy()
    await isTold(t, harness)
  })
}

t.test('slow_close, http2: as long as nobody closes there is nothing to see', async (t) => {
  const origin = await FaultOrigin.start(t, 'http2', OCTETS)
  const harness = await EngineHarness.start(t, { rules: [spoilt('http2', { kind: 'slow_close', ms: LATE_MS })] })
  const seen = await ask(harness, 'http2', origin, OCTETS)
  t.match(seen, { end: 'open' })
  t.ok(seen.octets >= OCTETS)
  await isTold(t, harness)
})

function spoilt(mode: Mode, fault: FaultInput): NonNullable<EngineOptionsInput['rules']>[number] {
  return { name: 'spoilt', action: mode === 'tunnel' ? 'tunnel' : 'intercept', fault }
}

async function isTold(t: Test, harness: EngineHarness): Promise<void> {
  await harness.checkLaws(t, 1)
  t.match(harness.named('fault_injected'), [{ rule: 'spoilt', kind: 'slow_close', phase: 'relay', applied: 'as_asked' }])
  t.match(harness.flowEnds(), [{ faulted: true }])
  t.equal((await harness.metrics()).value('soth_mitm_faults_injected_total', { rule: 'spoilt', kind: 'slow_close' }), 1)
}

const HANDSHAKE_MS = 700

t.test('a stall in our handshake with the origin lasts as long as a handshake may', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const)
    for (const at of ['client_hello', 'certificate', 'before_finished'] as const)
      t.test(`${version}, ${at}`, async (t) => {
        const fault = { kind: 'tls_abort', side: 'upstream', at, how: 'stall' } as const
        const harness = await EngineHarness.start(t, {
          rules: [{ name: 'spoilt', fault, upstream_tls: { max_version: version } }],
          limits: { handshake_timeout_ms: HANDSHAKE_MS },
        })
        const startedAt = performance.now()
        const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem, { ALPNProtocols: ['http/1.1'] })
        const ms = performance.now() - startedAt
        t.ok(ms >= HANDSHAKE_MS - 50, `${ms} ms`)
        client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        await client.over()
        t.match(client.text, /^HTTP\/1\.1 504 .*upstream_tls_timeout/s)
        await harness.checkLaws(t, 1)
        t.match(harness.named('tls_handshake_failed'), [{ side: 'upstream', reason: 'timeout', faulted: true }])
        t.match(harness.named('fault_injected'), [{ rule: 'spoilt', kind: 'tls_abort', phase: 'tls', applied: 'as_asked' }])
      })
})

t.test('a client that is reset in such a stall ends it', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    rules: [{ name: 'spoilt', fault: { kind: 'tls_abort', side: 'upstream', at: 'before_finished', how: 'stall' } }],
    limits: { handshake_timeout_ms: 60_000 },
  })
  const socket = await openTunnel(harness.proxyPort, `localhost:${origin.port}`)
  const secure = connectTls({ socket, servername: 'localhost', ca: harness.caPem })
  secure.on('error', () => undefined)
  await until(async () => {
    await harness.engine.flush()
    return harness.named('fault_injected').length === 1
  }, 'the stall')
  socket.resetAndDestroy()
  await harness.checkLaws(t, 1)
})
