/** Faults of a relay, at their edges: what ends a flow that is left in them, and what is active then. */

import t, { type Test } from 'tap'
import type { FaultInput } from '../../support/armed-faults.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { ShardHarness } from '../../support/harnesses/shard-harness.ts'
import { Received } from '../../support/proxy-client.ts'
import { socketPair } from '../../support/socket-pair.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

async function start(t: Test, fault: FaultInput | FaultInput[]) {
  const origin = await startTcpOrigin((socket) => void socket.on('data', (chunk) => void socket.write(chunk)).on('end', () => socket.end()))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({ rules: [{ match: {}, action: 'tunnel', fault }] })
  t.teardown(() => harness.shard.close())
  const adopt = async () => {
    const pair = await socketPair()
    t.teardown(() => pair.far.destroy())
    harness.adopt(pair.near, '127.0.0.1', origin.port)
    const client = new Received(pair.far)
    await client.has('200 Connection Established\r\n\r\n')
    return client
  }
  const injected = () => harness.events.filter(({ event }) => event === 'fault_injected').length
  return { harness, adopt, injected }
}

t.test('the client leaves a black hole by an end that nobody forwards', async (t) => {
  const { harness, adopt, injected } = await start(t, { kind: 'blackhole' })
  const client = await adopt()
  client.socket.write('anybody?')
  await until(() => injected() === 1, 'the black hole')
  client.socket.end()
  await until(() => harness.ends.length === 1, 'the end')
  t.same(harness.ends, ['f1 fault_injected'])
})

t.test('a session in a fault is given up as any other', async (t) => {
  const { harness, adopt, injected } = await start(t, { kind: 'latency', ms: 60_000 })
  const client = await adopt()
  client.socket.write('slowly')
  await until(() => injected() === 1, 'the latency')
  harness.shard.close()
  t.same(harness.ends, ['f1 draining'])
  await client.over()
})

t.test('active until the flow ends', async (t) => {
  const { harness, adopt, injected } = await start(t, { kind: 'latency', ms: 1, max_active: 1 })
  const first = await adopt()
  first.socket.write('one')
  await first.has('one')
  const second = await adopt()
  second.socket.write('two')
  await second.has('two')
  t.equal(injected(), 1)
  first.socket.end()
  await until(() => harness.ends.length === 1, 'the first is over')
  const third = await adopt()
  third.socket.write('three')
  await third.has('three')
  t.equal(injected(), 2)
})

t.test('a flow without an octet has had no fault', async (t) => {
  const { harness, adopt, injected } = await start(t, { kind: 'latency', ms: 1 })
  const client = await adopt()
  client.socket.end()
  await until(() => harness.ends.length === 1, 'the end')
  t.equal(injected(), 0)
  t.same(harness.ends, ['f1 relay_eof'])
})

t.test('several at once: slow, sliced, and cut to the octet', async (t) => {
  const { harness, adopt, injected } = await start(t, [
    { kind: 'slice', bytes: 3, direction: 'to_client' },
    { kind: 'latency', ms: 5 },
    { kind: 'limit_bytes', bytes: 10 },
  ])
  const client = await adopt()
  const before = client.bytes.length
  client.socket.write('0123456789abcdef')
  await client.over()
  t.equal(client.text.slice(before), '0123456789')
  t.equal(injected(), 3)
  await until(() => harness.ends.length === 1, 'the end')
  t.same(harness.ends, ['f1 fault_injected'])
})
