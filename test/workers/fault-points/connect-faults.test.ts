/** Faults before the relay, at their edges: sessions that are given up while they wait, and what is active then. */

import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import type { Ticket } from '../../../src/shared/ticket.ts'
import type { FaultInput } from '../../support/armed-faults.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { ShardHarness } from '../../support/harnesses/shard-harness.ts'
import { Received } from '../../support/proxy-client.ts'
import { socketPair } from '../../support/socket-pair.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

async function start(t: Test, fault: FaultInput, options: EngineOptionsInput = {}) {
  const heard = { text: '' }
  const origin = await startTcpOrigin((socket) => void socket.on('data', (octets) => (heard.text += octets)))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({ rules: [{ match: {}, action: 'tunnel', fault }], ...options })
  t.teardown(() => harness.shard.close())
  const adopt = async (overrides: Partial<Ticket> = {}) => {
    const pair = await socketPair()
    t.teardown(() => pair.far.destroy())
    harness.adopt(pair.near, '127.0.0.1', origin.port, overrides)
    return new Received(pair.far)
  }
  return { harness, adopt, origin: heard }
}

t.test('a session that is given up while it waits ends as such', async (t) => {
  const { harness, adopt } = await start(t, { kind: 'connect_delay', ms: 60_000 })
  await adopt()
  harness.shard.close()
  t.same(harness.ends, ['f1 draining'])
})

for (const [how, leave] of [
  ['an end', (client: Received) => client.socket.end()],
  ['a reset', (client: Received) => client.socket.resetAndDestroy()],
] as const) {
  t.test(`a client that leaves a delay by ${how} is noticed at once, and makes room`, async (t) => {
    const { harness, adopt } = await start(t, { kind: 'connect_delay', ms: 60_000, max_active: 1 })
    const client = await adopt()
    await until(() => harness.events.length > 0, 'the delay')
    leave(client)
    await until(() => harness.ends.length === 1, 'the end')
    t.same(harness.ends, ['f1 client_reset'])
    await adopt()
    await until(() => harness.events.filter(({ event }) => event === 'fault_injected').length === 2, 'another is delayed')
  })
}

t.test('what comes during a delay goes on behind it, in order', async (t) => {
  const { harness, adopt, origin } = await start(t, { kind: 'connect_delay', ms: 80 })
  const client = await adopt({ unread: Buffer.from('one,') })
  await until(() => harness.events.length > 0, 'the delay')
  client.socket.write('two,')
  client.socket.write('three')
  await client.has('200')
  await until(() => origin.text === 'one,two,three', 'the octets at the origin')
  t.same(harness.ends, [])
})

t.test('a plain request whose client has said all may wait', async (t) => {
  const { harness, adopt } = await start(t, { kind: 'connect_delay', ms: 80 })
  const client = await adopt({
    kind: 'plain',
    unread: Buffer.from('GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n'),
  })
  client.socket.end()
  await client.has('HTTP/1.1 502')
  await until(() => harness.ends.length === 1, 'the end')
})

t.test('nobody stays in a black hole longer than a silent connection may', async (t) => {
  const { harness, adopt } = await start(t, { kind: 'blackhole', at: 'connect' }, { limits: { idle_timeout_ms: 60 } })
  const client = await adopt()
  await client.over()
  t.same(harness.ends, ['f1 idle_timeout'])
  t.equal(client.text, '')
})

t.test('what has been active makes room when it is over', async (t) => {
  const { harness, adopt } = await start(t, { kind: 'blackhole', at: 'connect', max_active: 1 })
  const first = await adopt()
  await until(() => harness.events.length > 0, 'the first is in the hole')
  const second = await adopt()
  await second.has('200')
  first.socket.destroy()
  await until(() => harness.ends.length === 1, 'the first is over')
  const third = await adopt()
  await until(() => harness.events.filter(({ event }) => event === 'fault_injected').length === 2, 'the third is in the hole')
  t.equal(third.text, '')
})

t.test('a fault that is not drawn leaves the CONNECT alone', async (t) => {
  const { harness, adopt } = await start(t, { kind: 'refuse', probability: 0 })
  const client = await adopt()
  await client.has('200')
  t.same(
    harness.events.map(({ event }) => event),
    [],
  )
})
