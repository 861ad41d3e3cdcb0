/** Mirror test of `src/acceptor/gentle-close.ts`. */

import t from 'tap'
import { GentleCloser } from '../../src/acceptor/gentle-close.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.setTimeout(600_000)

const REPLY = Buffer.from('HTTP/1.1 503 x\r\n\r\n')

t.test('a client that is still sending reads its answer', async (t) => {
  const { near, far } = await socketPair()
  const client = new Received(far)
  far.write(Buffer.alloc(1_000_000))
  new GentleCloser().close(near, REPLY)
  await client.has('503')
  far.end()
  await client.until(({ closed }) => closed, 'the close')
  t.equal(client.error, undefined)
  await until(() => near.destroyed, 'our end is closed too')
})

t.test('one that neither reads nor closes is dropped in the end', async (t) => {
  const { near, far } = await socketPair()
  t.teardown(() => far.destroy())
  far.resume()
  new GentleCloser().close(near, REPLY)
  const before = performance.now()
  await until(() => near.destroyed, 'it is dropped')
  const took = performance.now() - before
  t.ok(took > 1_500, `after ${took} ms`)
})

t.test('without lingering it is closed behind the answer', async (t) => {
  const { near, far } = await socketPair()
  const client = new Received(far)
  new GentleCloser().close(near, REPLY, false)
  await until(() => near.destroyed, 'it is closed')
  await client.over()
  t.equal(client.text, REPLY.toString())
})

t.test('without lingering, the head of a client that has sent one is read', async (t) => {
  for (let n = 0; n < 20; n++) {
    const { near, far } = await socketPair()
    const client = new Received(far)
    far.write('CONNECT a.example:443 HTTP/1.1\r\n\r\n')
    new GentleCloser().close(near, REPLY, false)
    await client.over()
    t.equal(client.text, REPLY.toString())
    t.equal(client.error, undefined)
  }
})

t.test('at most 256 linger', async (t) => {
  const closer = new GentleCloser()
  const pairs = await Promise.all(Array.from({ length: 260 }, socketPair))
  t.teardown(() => {
    for (const { near, far } of pairs) {
      near.destroy()
      far.destroy()
    }
  })
  for (const { near, far } of pairs) {
    far.resume()
    closer.close(near, REPLY)
  }
  await until(() => pairs.filter(({ near }) => near.destroyed).length === 4, 'what is over the number is closed')
})

t.test('a socket that is gone already', async (t) => {
  const { near, far } = await socketPair()
  near.destroy()
  far.destroy()
  new GentleCloser().close(near, REPLY)
  t.ok(near.destroyed)
})
