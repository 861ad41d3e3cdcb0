/** What Node keeps behind a socket, on real ones: the descriptor, a stop inside `data`, a reset that the peer sees. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { descriptorOf, resetNow, stopReading } from '../../src/shared/socket-handle.ts'

async function socketPair(t: { teardown(end: () => void): void }): Promise<[near: Socket, far: Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [near] = (await once(server, 'connection')) as [Socket]
  t.teardown(() => {
    near.destroy()
    far.destroy()
    server.close()
  })
  return [near, far]
}

t.test('a descriptor, as long as there is one', async (t) => {
  const [near] = await socketPair(t)
  t.ok(descriptorOf(near) > 2 || process.platform === 'win32')
  near.destroy()
  await once(near, 'close')
  t.equal(descriptorOf(near), -1)
})

t.test('stopped inside a data callback: what comes then, the end included, is told when reading goes on', async (t) => {
  const [near, far] = await socketPair(t)
  const ended = once(near, 'end')
  let told = ''
  let isStopped = false
  near.on('data', (chunk: Buffer) => {
    told += chunk.toString()
    if (isStopped) return
    stopReading(near)
    isStopped = true
  })
  near.on('end', () => {
    told += '<end>'
  })
  far.write('one')
  await once(near, 'data')
  far.end('two')
  await once(far, 'finish')
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.equal(told, 'one')
  near.resume()
  await ended
  t.equal(told, 'onetwo<end>')
})

t.test('a reset is one to the peer, even with octets that it has not read', async (t) => {
  const [near, far] = await socketPair(t)
  far.pause()
  near.write(Buffer.alloc(4_000_000))
  resetNow(near)
  far.resume()
  const [error] = (await once(far, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNRESET')
})

t.test('a reset while a FIN is on its way closes the socket all the same', async (t) => {
  const [near] = await socketPair(t)
  near.end()
  near.on('error', () => undefined)
  const closed = new Promise((resolve) => near.once('close', resolve))
  resetNow(near)
  await closed
  t.equal(descriptorOf(near), -1)
})

t.test('what stands in for a socket resets itself', async (t) => {
  let resets = 0
  resetNow({ resetAndDestroy: () => resets++ })
  t.equal(resets, 1)
})
