/** Mirror test of `src/workers/relay.ts`: real sockets, layers that plan what the test tells them. */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CLIENT, ORIGIN } from '../../src/shared/side.ts'
import { nullOrigin } from '../../src/workers/origin/null-origin.ts'
import { Relay } from '../../src/workers/relay.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { ended, endedOnce, LeavingLayer, RelayLog, ScriptedLayer, SleepingLayer, setUpRelay } from '../support/harnesses/relay-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.setTimeout(600_000)

for (const first of [CLIENT, ORIGIN] as const) {
  t.test(`half-closes: ${first === CLIENT ? 'the client' : 'the origin'} first`, async (t) => {
    const setup = await setUpRelay(t)
    const [one, two] = first === CLIENT ? [setup.client, setup.origin] : [setup.origin, setup.client]
    one.socket.end('first')
    await two.until(({ ended, text }) => ended && text === 'first', 'bytes and FIN')
    t.notOk(one.ended, 'the other direction is open')
    two.socket.write('later')
    await one.has('later')
    two.socket.end()
    await endedOnce(t, setup, 'relay_eof')
    t.same(setup.layer.finished, first === CLIENT ? [CLIENT, ORIGIN] : [ORIGIN, CLIENT])
    t.same(setup.relay.bytes, first === CLIENT ? [5, 5] : [5, 5])
    t.same(setup.log.octets, setup.relay.bytes)
  })

  t.test(`backpressure: ${first === CLIENT ? 'the origin' : 'the client'} does not read`, async (t) => {
    const setup = await setUpRelay(t)
    const [sender, reader] = first === CLIENT ? [setup.client, setup.origin] : [setup.origin, setup.client]
    reader.socket.pause()
    const chunk = Buffer.alloc(1_000_000, 'x')
    for (let sent = 0; sent < 60; sent++) sender.socket.write(chunk)
    const held = await atRest(() => setup.relay.bytes[first] as number)
    t.ok(held > 0 && held < 40_000_000, `the relay has stopped reading after ${held} octets`)
    let octets = 0
    reader.socket.removeAllListeners('data')
    reader.socket.on('data', (part) => {
      octets += part.length
    })
    reader.socket.resume()
    await until(() => octets === 60_000_000, 'all of it has come')
    sender.socket.end()
    reader.socket.end()
    await endedOnce(t, setup, 'relay_eof')
  })

  t.test(`a reset of ${first === CLIENT ? 'the client' : 'the origin'} is a reset of the other`, async (t) => {
    const setup = await setUpRelay(t)
    const [one, two] = first === CLIENT ? [setup.client, setup.origin] : [setup.origin, setup.client]
    two.socket.write('before')
    await one.has('before')
    one.socket.resetAndDestroy()
    await endedOnce(t, setup, `${first === CLIENT ? 'client_reset' : 'upstream_reset'} ECONNRESET`)
    t.equal(two.error?.code, 'ECONNRESET')
    t.same(setup.log.errors, [`${first} ECONNRESET`])
  })
}

t.test('a reset does not wait for a peer that does not read', async (t) => {
  const setup = await setUpRelay(t)
  setup.client.socket.pause()
  for (let n = 0; n < 20; n++) setup.origin.socket.write(Buffer.alloc(1_000_000))
  await delay(200)
  setup.relay.reset('fault_injected', '')
  t.same(setup.log.ends, ['fault_injected'])
  setup.client.socket.resume()
  // Node 20 reads up to a reset behind unread octets as an end: what tells is that most of them never come.
  await setup.client.until(({ closed, ended }) => closed || ended, 'the end of the client')
  t.ok(setup.client.bytes.length < 20_000_000)
  await setup.origin.until(({ closed }) => closed, 'the close of the origin')
})

t.test('planned writes to both sides, in order; what is not planned is dropped', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onBytes = (side, bytes, plan) => {
    plan.forward(side, bytes.subarray(0, 2))
    plan.forward(side, Buffer.from('+'))
    plan.write(side, Buffer.from('answer'))
  }
  setup.client.socket.write('abcdef')
  await setup.origin.has('ab+')
  await setup.client.has('answer')
  t.equal(setup.origin.text, 'ab+')
})

t.test('planned ends', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onFinish = (side, plan) => {
    if (side === CLIENT) plan.write(ORIGIN, Buffer.from('trailer'))
    plan.end(side === CLIENT ? ORIGIN : CLIENT)
  }
  setup.client.socket.end()
  await setup.origin.until(({ ended }) => ended, 'the FIN')
  t.equal(setup.origin.text, 'trailer')
  setup.origin.socket.end()
  await endedOnce(t, setup, 'relay_eof')
})

t.test('pause, resume with a plan, unpause by the other side', async (t) => {
  const setup = await setUpRelay(t)
  const { layer, relay } = setup
  layer.onBytes = (side, bytes, plan) => {
    plan.forward(side, bytes)
    if (side === CLIENT) plan.pause(CLIENT)
    else plan.unpause(CLIENT)
  }
  setup.client.socket.write('one')
  await setup.origin.has('one')
  setup.client.socket.write('two')
  await delay(50)
  t.equal(setup.origin.text, 'one', 'nothing is read while the layer waits')
  layer.onResume = (_side, plan) => plan.write(ORIGIN, Buffer.from('[resumed]'))
  relay.resume(CLIENT)
  await setup.origin.has('[resumed]two')
  setup.client.socket.write('three')
  await delay(50)
  t.notOk(setup.origin.text.includes('three'))
  setup.origin.socket.write('room')
  await setup.origin.has('three')
})

t.test('answers to a client that does not read them stop its requests', async (t) => {
  const layer = new ScriptedLayer()
  const reply = Buffer.alloc(20_000, 'r')
  layer.onBytes = (side, _bytes, plan) => plan.write(side, reply)
  const [client, origin] = [await socketPair(), nullOrigin()]
  const log = new RelayLog()
  const relay = new Relay({ stream: client.near, transport: client.near }, origin, layer, log)
  t.teardown(() => client.far.destroy())
  relay.start()
  client.far.pause()
  let sent = 0
  const pour = setInterval(() => {
    sent += 1
    if (client.far.writableLength < 1_000_000) client.far.write(Buffer.alloc(65_536))
  }, 1)
  await until(() => client.near.writableNeedDrain, 'the answers pile up')
  const seen = await atRest(() => layer.seen)
  clearInterval(pour)
  t.ok(sent > 20)
  t.ok(client.near.writableLength < 2 * reply.length + 65_536, `${client.near.writableLength} octets wait`)
  client.far.resume()
  await until(() => layer.seen > seen, 'reading goes on')
  relay.close('draining', '')
  t.same(log.ends, ['draining'])
})

t.test('a gentle close: the client reads the last bytes first', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onBytes = (_side, _bytes, plan) => {
    plan.write(CLIENT, Buffer.alloc(30_000_000, 'z'))
    plan.closeSession('protocol_violation', 'why')
  }
  setup.client.socket.pause()
  setup.client.socket.write('x')
  await setup.origin.until(({ ended, closed }) => ended || closed, 'the end of the origin')
  setup.origin.socket.end()
  await delay(2_200)
  t.same(setup.log.ends, [], 'the linger begins when the last byte is out')
  setup.client.socket.resume()
  await setup.client.until(({ ended }) => ended, 'the FIN')
  t.equal(setup.client.bytes.length, 30_000_000)
  setup.client.socket.end()
  await endedOnce(t, setup, 'protocol_violation why')
})

t.test('a gentle close of a client that never closes', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onBytes = (_side, _bytes, plan) => plan.closeSession('blocked')
  setup.client.socket.write('x')
  await setup.client.until(({ ended }) => ended, 'the FIN')
  setup.origin.socket.end()
  const before = performance.now()
  await ended(setup)
  t.ok(performance.now() - before < 30_000)
  t.same(setup.log.ends, ['blocked'])
})

t.test('an abrupt close', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onBytes = (_side, _bytes, plan) => plan.resetSession('fault_injected')
  setup.client.socket.write('x')
  await endedOnce(t, setup, 'fault_injected')
  t.equal(setup.client.error?.code, 'ECONNRESET')
  t.equal(setup.origin.error?.code, 'ECONNRESET')
})

t.test('an abrupt close behind the last octets: they come first', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onBytes = (_side, _bytes, plan) => {
    plan.write(CLIENT, Buffer.alloc(20_000, 'x'))
    plan.resetSession('fault_injected')
  }
  setup.client.socket.write('x')
  await ended(setup)
  // What a busy client is told of a reset behind octets is libuv's: an error, or an end.
  await setup.client.over()
  await setup.origin.over()
  t.equal(setup.client.bytes.length, 20_000)
  t.same(setup.log.ends, ['fault_injected'])
})

t.test('a layer is woken when it asked for it, and again when it asks again', async (t) => {
  const layer = new SleepingLayer()
  const setup = await setUpRelay(t, layer)
  layer.onBytes = (_side, _bytes, plan) => {
    plan.write(CLIENT, Buffer.from('0'))
    layer.wakeAt = performance.now() + 30
  }
  const from = performance.now()
  setup.client.socket.write('x')
  await setup.client.has('0123')
  t.ok(performance.now() - from >= 3 * 29, 'not before its time')
  t.equal(layer.wakeAt, Number.POSITIVE_INFINITY)
  layer.wakeAt = performance.now() + 20
  layer.onBytes = (_side, _bytes, plan) => plan.closeSession('blocked')
  setup.client.socket.write('x')
  await setup.client.over()
  await setup.origin.over()
  await endedOnce(t, setup, 'blocked')
  t.equal(setup.client.text, '0123', 'nothing wakes a layer whose session is over')
})

for (const first of [CLIENT, ORIGIN] as const) {
  t.test(
    `what a layer holds for ever of an origin keeps no client that has left: ${first === CLIENT ? 'the client' : 'the origin'} first`,
    async (t) => {
      const setup = await setUpRelay(t)
      setup.layer.onFinish = (side, plan) => {
        if (side === CLIENT) plan.end(ORIGIN)
      }
      const [one, two] = first === CLIENT ? [setup.client, setup.origin] : [setup.origin, setup.client]
      one.socket.end()
      await until(() => setup.layer.finished.includes(first), 'the end of the first')
      t.notOk(setup.client.ended, 'the client may wait')
      two.socket.end()
      await endedOnce(t, setup, 'relay_eof')
    },
  )
}

t.test('what a layer holds of an origin that is gone waits for its time, though the client has half-closed', async (t) => {
  const layer = new SleepingLayer()
  const setup = await setUpRelay(t, layer)
  layer.onFinish = (side, plan) => {
    if (side === CLIENT) plan.end(ORIGIN)
    else layer.wakeAt = performance.now() + 30
  }
  setup.client.socket.end()
  await setup.origin.until(({ ended }) => ended, 'the FIN')
  setup.origin.socket.end()
  await endedOnce(t, setup, 'relay_eof')
  t.equal(setup.client.text, '123', 'and then there is nothing left to wait for')
})

t.test('closed from outside, in order and abruptly; again has no effect', async (t) => {
  const orderly = await setUpRelay(t)
  orderly.relay.close('idle_timeout', 'quiet')
  orderly.relay.close('draining', '')
  await orderly.client.over()
  await orderly.origin.over()
  await endedOnce(t, orderly, 'idle_timeout quiet')
  const abrupt = await setUpRelay(t)
  abrupt.client.socket.write('x')
  await abrupt.origin.has('x')
  abrupt.relay.reset('fault_injected', '')
  await endedOnce(t, abrupt, 'fault_injected')
  t.equal(abrupt.client.error?.code, 'ECONNRESET')
})

t.test('a drain hastens a close that is under way, and does not rename it', async (t) => {
  const setup = await setUpRelay(t)
  setup.layer.onBytes = (_side, _bytes, plan) => plan.closeSession('protocol_violation')
  setup.client.socket.write('x')
  await setup.client.until(({ ended }) => ended, 'the FIN')
  setup.relay.close('draining', '')
  t.same(setup.log.ends, ['protocol_violation'])
})

for (const first of [CLIENT, ORIGIN] as const) {
  t.test(`a side whose end had come before the relay began: ${first === CLIENT ? 'the client' : 'the origin'}`, async (t) => {
    const [client, origin] = await Promise.all([socketPair(), socketPair()])
    t.teardown(() => {
      for (const socket of [client.near, client.far, origin.near, origin.far]) socket.destroy()
    })
    const [one, two] = first === CLIENT ? [client, origin] : [origin, client]
    one.far.end()
    const came = once(one.near, 'end')
    one.near.resume()
    await came
    const log = new RelayLog()
    const layer = new ScriptedLayer()
    new Relay({ stream: client.near, transport: client.near }, { stream: origin.near, transport: origin.near }, layer, log).start()
    const received = new Received(two.far)
    await received.until(({ ended }) => ended, 'the end')
    t.same(layer.finished, [first])
    two.far.end('still open')
    const answered = new Received(one.far)
    await answered.until(({ text }) => text === 'still open', 'the other direction')
    await until(() => log.ends.length > 0, 'the relay ended')
    t.same(log.ends, ['relay_eof'])
  })
}

t.test('leave: between two exchanges, behind the last answer, and its client is not reset', async (t) => {
  const setup = await setUpRelay(t)
  const { client, origin, log, relay } = setup
  client.socket.write('asks')
  await origin.has('asks')
  relay.leave('draining', 'why')
  origin.socket.write('the answer, ')
  await client.has('the answer, ')
  t.notOk(client.ended, 'not while it is under way')
  log.isQuiet = true
  origin.socket.write('whole')
  await client.until(({ ended, text }) => ended && text === 'the answer, whole', 'the answer, then the end')
  client.socket.end()
  origin.socket.end()
  await endedOnce(t, setup, 'draining why')
  t.same(log.errors, [])
})

t.test('leave: at once where nothing is under way, and once', async (t) => {
  const setup = await setUpRelay(t)
  setup.log.isQuiet = true
  setup.relay.leave('draining', 'why')
  setup.relay.leave('draining', 'again')
  await setup.client.until(({ ended }) => ended, 'the end')
  setup.client.socket.end()
  setup.origin.socket.end()
  await endedOnce(t, setup, 'draining why')
})

t.test('leave: a layer that has words for it says them, and closes when it will', async (t) => {
  const setup = await setUpRelay(t, new LeavingLayer())
  setup.log.isQuiet = true
  setup.relay.leave('draining', 'why')
  await setup.client.has('draining why')
  setup.origin.socket.write('still open')
  await setup.client.has('draining whystill open')
  setup.layer.onBytes = (side, bytes, plan) => {
    plan.forward(side, bytes)
    plan.closeSession('draining')
  }
  setup.origin.socket.write(', closed')
  await setup.client.until(({ ended, text }) => ended && text.endsWith(', closed'), 'the end')
  setup.client.socket.end()
  setup.origin.socket.end()
  await endedOnce(t, setup, 'draining')
})

/** A count that has begun and then stood still for a while, however busy the machine is. */
async function atRest(count: () => number): Promise<number> {
  for (let before = 0; ; before = count()) {
    await delay(200)
    if (before > 0 && count() === before) return before
  }
}
