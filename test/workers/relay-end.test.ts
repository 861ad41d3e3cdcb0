/** Mirror test of `src/workers/relay-end.ts`: two ends on real sockets, joined; plans by hand. */

import { once } from 'node:events'
import t, { type Test } from 'tap'
import { CLIENT, ORIGIN } from '../../src/shared/side.ts'
import { Plan } from '../../src/workers/layers/plan.ts'
import { RelayEnd } from '../../src/workers/relay-end.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.setTimeout(600_000)

const MORE_THAN_A_SOCKET_TAKES = 8_000_000

/** Both ends, what they were told, and the sockets of the peers. */
async function joined(t: Test) {
  const [near, far] = await Promise.all([socketPair(), socketPair()])
  const client = new RelayEnd(CLIENT, { stream: near.near, transport: near.near })
  const origin = new RelayEnd(ORIGIN, { stream: far.near, transport: far.near })
  client.joinTo(origin)
  const told: string[] = []
  for (const end of [client, origin]) {
    const name = end === client ? 'client' : 'origin'
    end.listen({
      data: (chunk) => told.push(`${name}: ${chunk}`),
      end: () => told.push(`${name} ended`),
      error: (error) => told.push(`${name} ${error.code}`),
      close: () => told.push(`${name} closed`),
    })
  }
  t.teardown(() => {
    for (const socket of [near.near, near.far, far.near, far.far]) socket.destroy()
  })
  return { client, origin, told, clientPeer: near.far, originPeer: far.far }
}

function planned(make: (plan: Plan) => void): Plan {
  const plan = new Plan()
  make(plan)
  return plan
}

t.test('it reads when nothing stands against it: not its pause, not a full peer', async (t) => {
  const { client, origin, told, clientPeer, originPeer } = await joined(t)
  t.equal(client.peer, origin)
  t.equal(origin.peer, client)
  client.carryOut(
    planned((plan) => plan.pause(CLIENT)),
    client,
  )
  client.readOn()
  t.ok(client.stream.isPaused(), 'the layer has stopped it')
  originPeer.pause()
  while (origin.stream.write(Buffer.alloc(MORE_THAN_A_SOCKET_TAKES)));
  client.carryOut(
    planned((plan) => plan.unpause(CLIENT)),
    client,
  )
  t.ok(client.stream.isPaused(), 'the origin is full')
  clientPeer.write('asks')
  t.same(told, [])
  originPeer.resume()
  await until(() => told.includes('client: asks'), 'the drain lets it read')
})

t.test('answers to its own bytes that it does not read stop it, and those of the other end do not', async (t) => {
  for (const own of [true, false]) {
    const { client, origin, clientPeer } = await joined(t)
    clientPeer.pause()
    client.readOn()
    origin.readOn()
    const plan = planned((plan) => plan.write(CLIENT, Buffer.alloc(MORE_THAN_A_SOCKET_TAKES)))
    client.carryOut(plan, own ? client : origin)
    t.ok(origin.stream.isPaused())
    t.equal(client.stream.isPaused(), own)
    client.readOn()
    t.equal(client.stream.isPaused(), own, 'until it has read them')
    clientPeer.resume()
    await until(() => !client.stream.isPaused() && !origin.stream.isPaused(), 'both go on')
  }
})

t.test('planned writes and the end behind them; with the origin gone, the client is closed', async (t) => {
  for (const originIsGone of [false, true]) {
    const { client, origin, told, clientPeer } = await joined(t)
    const peer = new Received(clientPeer)
    origin.isClosed = originIsGone
    const plan = planned((plan) => {
      plan.write(CLIENT, Buffer.from('one '))
      plan.write(CLIENT, Buffer.from('two'))
      plan.end(CLIENT)
    })
    client.carryOut(plan, origin)
    await peer.until(({ ended, text }) => ended && text === 'one two', 'bytes, then the FIN')
    if (originIsGone) await until(() => told.includes('client closed'), 'the close')
    else t.notOk(client.stream.destroyed, 'half-closed')
  }
})

t.test('a socket that is let go is not touched any more', async (t) => {
  const { client, origin, told, originPeer } = await joined(t)
  t.equal(
    origin.letGo(() => false),
    false,
    'nobody wants it',
  )
  t.notOk(origin.isLetGo)
  t.ok(origin.letGo(() => true))
  t.ok(origin.isClosed && origin.isLetGo)
  t.equal(
    origin.letGo(() => true),
    false,
    'once',
  )
  origin.stream.pause()
  origin.readOn()
  t.ok(origin.stream.isPaused())
  for (const end of [() => origin.finish(), () => origin.destroy(), () => origin.reset()]) end()
  t.ok(origin.stream.writable && !origin.stream.destroyed)
  const octets = once(origin.stream, 'data')
  origin.stream.resume()
  originPeer.write('for the next one')
  t.equal(String((await octets)[0]), 'for the next one')
  t.same(told, [])
  t.notOk(client.isLetGo)
})

t.test('nothing is let go that has ended, or is being written to', async (t) => {
  const ended = await joined(t)
  ended.origin.isFinished = true
  const full = await joined(t)
  full.originPeer.pause()
  while (full.origin.stream.write(Buffer.alloc(MORE_THAN_A_SOCKET_TAKES)));
  const closed = await joined(t)
  closed.origin.destroy()
  for (const { origin } of [ended, full, closed]) t.notOk(origin.letGo(() => t.fail('must not be offered')))
})

t.test('what came before anybody listened', async (t) => {
  for (const how of ['end', 'reset', 'close'] as const) {
    const { near, far } = await socketPair()
    near.on('error', () => {})
    const end = new RelayEnd(CLIENT, { stream: near, transport: near })
    t.notOk(end.isOver)
    if (how === 'end') far.end()
    else if (how === 'reset') far.resetAndDestroy()
    else near.destroy()
    near.resume()
    await until(() => end.isOver, how)
    for (const socket of [near, far]) socket.destroy()
  }
})

t.test('closing, in order and by a reset', async (t) => {
  const orderly = await joined(t)
  const reader = new Received(orderly.clientPeer)
  orderly.client.stream.write('last words')
  orderly.client.close()
  orderly.client.close()
  await reader.until(({ ended, text }) => ended && text === 'last words', 'the words, then the end')
  await until(() => orderly.told.includes('client closed'), 'the close')
  const abrupt = await joined(t)
  const origin = new Received(abrupt.originPeer)
  abrupt.origin.reset()
  await origin.until(({ error }) => error?.code === 'ECONNRESET', 'the reset')
})
