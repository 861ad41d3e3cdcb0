/** Faults of handshakes, at their edges: how long a stall lasts, what is active meanwhile, and that bypass learning learns nothing. */

import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import type { FaultInput } from '../../support/armed-faults.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { ShardHarness } from '../../support/harnesses/shard-harness.ts'
import { Received } from '../../support/proxy-client.ts'
import { socketPair } from '../../support/socket-pair.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

async function start(t: Test, action: 'intercept' | 'tunnel', fault: FaultInput, options: EngineOptionsInput = {}) {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({ rules: [{ match: {}, action, fault }], limits: { handshake_timeout_ms: 2_000 }, ...options })
  t.teardown(() => harness.shard.close())
  const shake = async () => {
    const pair = await socketPair()
    t.teardown(() => pair.far.destroy())
    harness.adopt(pair.near, 'localhost', origin.port)
    const client = new Received(pair.far)
    await client.has('200 Connection Established\r\n\r\n')
    pair.far.removeAllListeners('data').pause()
    const secure = connectTls({ socket: pair.far, servername: 'localhost', ca: harness.caPem })
    secure.on('error', () => undefined)
    return secure
  }
  const injected = () => harness.events.filter(({ event }) => event === 'fault_injected').length
  return { harness, shake, injected }
}

for (const at of ['client_hello', 'before_finished'] as const) {
  t.test(`a stall at ${at} of our own handshake lasts no longer than a handshake may`, async (t) => {
    const { harness, shake } = await start(t, 'intercept', { kind: 'tls_abort', at, how: 'stall' })
    await shake()
    await until(() => harness.ends.length === 1, 'the end')
    t.same(harness.ends, ['f1 fault_injected'])
  })
}

t.test('a stall at the ClientHello ends when its client goes', async (t) => {
  const fault = { kind: 'tls_abort', how: 'stall' } as const
  const { harness, shake, injected } = await start(t, 'intercept', fault, { limits: { handshake_timeout_ms: 60_000 } })
  const client = await shake()
  await until(() => injected() === 1, 'the stall')
  client.destroy()
  await until(() => harness.ends.length === 1, 'the end')
  t.same(harness.ends, ['f1 fault_injected'])
})

t.test('a stalled tunnel ends when its client goes', async (t) => {
  const { harness, shake, injected } = await start(t, 'tunnel', { kind: 'tls_abort', how: 'stall', max_active: 1 })
  const client = await shake()
  await until(() => injected() === 1, 'the stall')
  client.destroy()
  await until(() => harness.ends.length === 1, 'the end')
  t.same(harness.ends, ['f1 fault_injected'])
  await shake()
  await until(() => injected() === 2, 'another may be met')
})

t.test('a certificate that was made wrong teaches nothing about the client', async (t) => {
  const learning = { enabled: true, threshold: 1, window: 1 }
  const { harness, shake } = await start(t, 'intercept', { kind: 'tls_certificate', defect: 'unknown_ca' }, { learning })
  const client = await shake()
  await new Promise((resolve) => client.once('close', resolve))
  await until(() => harness.ends.length === 1, 'the end')
  t.same(harness.reports, [])
})
