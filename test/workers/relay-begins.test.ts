/** A relay as it begins (`src/workers/relay.ts`): what its ends have come to by then, and a layer that has something to say at once. */

import t from 'tap'
import { ORIGIN } from '../../src/shared/side.ts'
import { nullOrigin } from '../../src/workers/origin/null-origin.ts'
import { Relay } from '../../src/workers/relay.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { AnsweringLayer, RelayLog, ScriptedLayer, SleepingLayer } from '../support/harnesses/relay-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.setTimeout(600_000)

t.test('a side that was gone before the relay began', async (t) => {
  for (const how of ['destroyed', 'reset'] as const) {
    const [client, origin] = await Promise.all([socketPair(), socketPair()])
    if (how === 'reset') origin.far.resetAndDestroy()
    else origin.near.destroy()
    origin.near.resume()
    await until(() => origin.near.closed, 'the origin is gone')
    const log = new RelayLog()
    const layer = new ScriptedLayer()
    new Relay({ stream: client.near, transport: client.near }, { stream: origin.near, transport: origin.near }, layer, log).start()
    client.far.resume().end()
    await until(() => log.ends.length > 0, 'the relay ended')
    t.same(log.ends, [how === 'reset' ? 'upstream_reset ECONNRESET' : 'relay_eof'])
    t.equal(layer.aborts.length, 1)
    origin.far.destroy()
  }
})

t.test('a layer may have something to say as the relay begins', async (t) => {
  const client = await socketPair()
  t.teardown(() => {
    for (const socket of [client.near, client.far]) socket.destroy()
  })
  const layer = new SleepingLayer()
  layer.wakeAt = 0
  new Relay({ stream: client.near, transport: client.near }, nullOrigin(), layer, new RelayLog()).start()
  await new Received(client.far).has('123')
})

t.test('an error that comes as the relay begins is told once', async (t) => {
  const client = await socketPair()
  t.teardown(() => {
    for (const socket of [client.near, client.far]) socket.destroy()
  })
  const origin = nullOrigin()
  const log = new RelayLog()
  const layer = new AnsweringLayer()
  layer.onFinish = () => undefined
  origin.stream.destroy(Object.assign(new Error('lost'), { code: 'ERR_LOST' }))
  new Relay({ stream: client.near, transport: client.near }, origin, layer, log).start()
  // Its event has come by then, and what can be seen of it afterwards has been looked at.
  await until(() => layer.finished.includes(ORIGIN), 'the origin has closed')
  t.same(log.errors, [`${ORIGIN} ERR_LOST`])
  t.same(log.ends, [])
})
