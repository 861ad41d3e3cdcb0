/** Mirror test of `src/workers/origin/switched-origin.ts`, and of the origin that is not there. */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { nullOrigin } from '../../../src/workers/origin/null-origin.ts'
import { SwitchedOrigin } from '../../../src/workers/origin/switched-origin.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { Received } from '../../support/proxy-client.ts'
import { socketPair } from '../../support/socket-pair.ts'

t.setTimeout(600_000)

function reading(origin: SwitchedOrigin): { text: string } {
  const read = { text: '' }
  origin.on('data', (chunk) => {
    read.text += String(chunk)
  })
  return read
}

t.test('one stream over two connections', async (t) => {
  const origin = new SwitchedOrigin()
  const read = reading(origin)
  t.notOk(origin.isConnected)
  const [one, two] = [await socketPair(), await socketPair()]
  origin.connectTo(one.near)
  origin.write('to one')
  await new Received(one.far).has('to one')
  one.far.write('from one;')
  await until(() => read.text === 'from one;', 'it is read')
  origin.connectTo(two.near)
  t.ok(one.near.destroyed)
  two.far.write('from two')
  await until(() => read.text === 'from one;from two', 'it is read')
  origin.destroy()
  await once(two.far.resume(), 'end')
})

t.test('an end between exchanges is forgotten; one inside an exchange, or a reset, is told', async (t) => {
  for (const [busy, how] of [
    [false, 'end'],
    [true, 'end'],
    [false, 'reset'],
    [true, 'reset'],
  ] as const) {
    const origin = new SwitchedOrigin()
    const told: string[] = []
    origin.on('end', () => told.push('end')).on('error', (error: NodeJS.ErrnoException) => told.push(error.code ?? ''))
    reading(origin)
    origin.isBusy = () => busy
    const { near, far } = await socketPair()
    origin.connectTo(near)
    await delay(10)
    if (how === 'end') far.end()
    else far.resetAndDestroy()
    await until(() => !origin.isConnected, 'it is gone')
    await delay(10)
    t.same(told, busy ? [how === 'end' ? 'end' : 'ECONNRESET'] : [], `${how}, ${busy ? 'busy' : 'idle'}`)
    origin.write('to nobody')
    origin.destroy()
    far.destroy()
  }
})

t.test('the client half-closes: at once when idle, behind the answer when busy', async (t) => {
  const idle = new SwitchedOrigin()
  reading(idle)
  idle.end()
  await once(idle, 'end')
  const busy = new SwitchedOrigin()
  const read = reading(busy)
  busy.isBusy = () => true
  const { near, far } = await socketPair()
  busy.connectTo(near)
  busy.end()
  await once(far.resume(), 'end')
  far.end('answer')
  await once(busy, 'end')
  t.equal(read.text, 'answer')
})

t.test('the last exchange is over; a connection that comes too late is closed', async (t) => {
  const origin = new SwitchedOrigin()
  reading(origin)
  origin.finishReading()
  await once(origin, 'end')
  const { near, far } = await socketPair()
  origin.connectTo(near)
  t.ok(near.destroyed)
  far.destroy()
})

t.test('a reset goes to the connection of the moment', async (t) => {
  const origin = new SwitchedOrigin()
  const { near, far } = await socketPair()
  const received = new Received(far)
  origin.connectTo(near)
  origin.resetAndDestroy()
  await received.until(({ closed }) => closed, 'the close')
  t.equal(received.error?.code, 'ECONNRESET')
})

t.test('backpressure reaches the origin', async (t) => {
  const origin = new SwitchedOrigin()
  const { near, far } = await socketPair()
  origin.connectTo(near)
  for (let n = 0; n < 30; n++) far.write(Buffer.alloc(1_000_000))
  await delay(200)
  t.ok(near.bytesRead < 2_000_000, `${near.bytesRead} octets are read while nobody reads the stream`)
  let octets = 0
  origin.on('data', (chunk: Buffer) => {
    octets += chunk.length
  })
  await until(() => octets === 30_000_000, 'all of it has come')
  origin.destroy()
  far.destroy()
})

t.test('the origin that is not there', async (t) => {
  const { stream, transport } = nullOrigin()
  t.equal(stream, transport)
  stream.resume()
  stream.write('swallowed')
  stream.end()
  await once(stream, 'end')
  const other = nullOrigin()
  other.transport.resetAndDestroy()
  t.ok(other.stream.destroyed)
})
