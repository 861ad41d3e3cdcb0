/** Mirror test of `src/shared/socket-handle.ts`. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { descriptorOf, resetNow, stopReading } from '../../src/shared/socket-handle.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.test('the descriptor, while there is one', async (t) => {
  const { near, far } = await socketPair()
  t.ok(descriptorOf(near) > 2)
  near.destroy()
  far.destroy()
  t.equal(descriptorOf(near), -1)
})

t.test('reading stops at once, from inside a callback, and goes on', async (t) => {
  const { near, far } = await socketPair()
  let text = ''
  near.on('data', (chunk) => {
    text += chunk.toString()
    stopReading(near)
  })
  near.resume()
  far.write('one')
  await delay(20)
  far.end('two')
  await delay(30)
  t.equal(text, 'one')
  near.resume()
  await delay(20)
  t.equal(text, 'onetwo')
  near.destroy()
  far.destroy()
})

t.test('a socket that was stopped before a byte had come reads when it is resumed', async () => {
  const { near, far } = await socketPair()
  const received = new Received(near)
  await delay(10)
  stopReading(near)
  near.resume()
  far.write('late')
  await received.has('late')
  near.destroy()
  far.destroy()
})

t.test('a reset, now', async (t) => {
  const { near, far } = await socketPair()
  const received = new Received(far)
  far.pause()
  near.write(Buffer.alloc(20_000_000))
  resetNow(near)
  t.ok(near.destroyed)
  far.resume()
  await received.until(({ closed }) => closed, 'the close')
  t.equal(received.error?.code, 'ECONNRESET')
  let own = 0
  resetNow({ resetAndDestroy: () => own++ })
  t.equal(own, 1, 'what stands in for a socket resets itself')
})
