/** The relay where its origin is lost before a first octet: another takes its place, once, and is sent what the layer kept. */

import t, { type Test } from 'tap'
import { ended, endedOnce, HoldingLayer, setUpRelay } from '../support/harnesses/relay-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.setTimeout(600_000)

const LOSSES = [
  ['end', 'end'],
  ['reset', 'ECONNRESET'],
  ['close', 'close'],
] as const

async function setUp(t: Test) {
  const setup = await setUpRelay(t, new HoldingLayer())
  const spare = await socketPair()
  t.teardown(() => {
    for (const socket of [spare.near, spare.far]) socket.destroy()
  })
  setup.log.spares.push({ stream: spare.near, transport: spare.near })
  return { ...setup, spare: new Received(spare.far) }
}

for (const [how, loss] of LOSSES) {
  t.test(`lost by ${how}: the client has one answer, and the relay both octets`, async (t) => {
    const { client, origin, spare, relay, log, near, layer } = await setUp(t)
    client.socket.write('asks')
    await origin.has('asks')
    if (how === 'end') origin.socket.end()
    else if (how === 'reset') origin.socket.resetAndDestroy()
    else near.origin.destroy()
    await spare.has('asks')
    spare.socket.write('answers')
    await client.has('answers')
    client.socket.write(', asks more')
    await spare.has('asks, asks more')
    t.same(log.errors, [`reopened 4 ${loss}`])
    t.same(relay.bytes, [15, 7])
    client.socket.end()
    await spare.until(({ ended }) => ended, 'the FIN')
    spare.socket.end()
    origin.socket.end()
    await endedOnce(t, { client, origin, relay, log, near, layer }, 'relay_eof')
  })
}

t.test('once', async (t) => {
  const setup = await setUp(t)
  const { client, origin, spare, log } = setup
  client.socket.write('asks')
  await origin.has('asks')
  origin.socket.resetAndDestroy()
  await spare.has('asks')
  spare.socket.resetAndDestroy()
  await ended(setup)
  t.same(log.ends, ['upstream_reset ECONNRESET'])
  t.same(log.errors, ['reopened 4 ECONNRESET', '1 ECONNRESET'])
})

t.test('not where the origin has said something, nor for a client that is done, nor without another connection', async (t) => {
  const answered = await setUp(t)
  answered.origin.socket.write('says')
  await answered.client.has('says')
  answered.origin.socket.end()
  await answered.client.until(({ ended }) => ended, 'the FIN')
  const done = await setUp(t)
  done.client.socket.end()
  await done.origin.until(({ ended }) => ended, 'the FIN')
  done.origin.socket.end()
  await ended(done)
  const alone = await setUp(t)
  alone.log.spares.length = 0
  alone.origin.socket.end()
  await alone.client.until(({ ended }) => ended, 'the FIN')
  t.same([answered.log.errors, done.log.errors, alone.log.errors], [[], [], ['reopened 0 end']])
})

t.test('a relay that is being closed, or was reset from outside, reopens nothing', async (t) => {
  for (const how of ['close', 'reset', 'finish'] as const) {
    const setup = await setUp(t)
    setup.client.socket.write('asks')
    await setup.origin.has('asks')
    setup.relay[how]('draining', '')
    setup.client.socket.end()
    setup.origin.socket.end()
    await ended(setup)
    t.same(setup.log.errors, [], how)
  }
})
