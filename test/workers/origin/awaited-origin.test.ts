/** Mirror test of `src/workers/origin/awaited-origin.ts`: a connection that comes later, or not at all; TCP stands for TLS. */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { AwaitedOrigin } from '../../../src/workers/origin/awaited-origin.ts'
import type { OpenOrigin } from '../../../src/workers/origin/origin-pool.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { Received } from '../../support/proxy-client.ts'
import { socketPair } from '../../support/socket-pair.ts'

t.setTimeout(600_000)

// A stream that is told of the same way; of a TLSSocket nothing else is used.
const openOrigin = (tcp: Socket): OpenOrigin => ({ secure: tcp as unknown as TLSSocket, tcp })

async function awaiting(t: Test) {
  const { near, far } = await socketPair()
  t.teardown(() => {
    for (const socket of [near, far]) socket.destroy()
  })
  let givenUp = 0
  let resolve: (origin: OpenOrigin | undefined) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const opening = new Promise<OpenOrigin | undefined>((onOpen, onFailed) => {
    resolve = onOpen
    fail = onFailed
  })
  const stream = new AwaitedOrigin(opening, () => {
    givenUp++
  })
  const told = { text: '', ended: false, closed: false, error: undefined as NodeJS.ErrnoException | undefined }
  stream.on('data', (octets) => {
    told.text += octets
  })
  stream.on('end', () => {
    told.ended = true
  })
  stream.on('close', () => {
    told.closed = true
  })
  stream.on('error', (error) => {
    told.error = error
  })
  return {
    near,
    far: new Received(far),
    stream,
    told,
    givenUp: () => givenUp,
    open: () => resolve(openOrigin(near)),
    openNone: () => resolve(undefined),
    fail,
  }
}

t.test('writes and the end wait for the connection, in their order, and stop their writer', async (t) => {
  const { far, stream, told, open, givenUp } = await awaiting(t)
  t.equal(stream.write('one '), true)
  t.equal(stream.write(Buffer.alloc(stream.writableHighWaterMark, 'x')), false, 'as of a full socket')
  stream.end('two')
  open()
  await far.until(({ ended, text }) => ended && /^one x+two$/.test(text), 'all of it, and the FIN')
  far.socket.end('an answer')
  await until(() => told.ended && told.closed, 'the end')
  t.equal(told.text, 'an answer')
  t.equal(givenUp(), 0)
})

t.test('the end alone', async (t) => {
  const { far, stream, open } = await awaiting(t)
  stream.end()
  open()
  await far.until(({ ended }) => ended, 'the FIN')
  stream.destroy()
  t.pass()
})

t.test('a reader that is slow stops the origin', async (t) => {
  const { far, near, stream, told, open } = await awaiting(t)
  stream.pause()
  open()
  const octets = 4_000_000
  far.socket.end(Buffer.alloc(octets))
  await until(() => near.isPaused(), 'the origin is not read')
  t.ok(stream.readableLength < octets)
  stream.resume()
  await until(() => told.ended, 'all of it')
  t.equal(told.text.length, octets)
})

t.test('no connection ends the stream; a failure is its error', async (t) => {
  const none = await awaiting(t)
  none.stream.write('in vain')
  none.openNone()
  await until(() => none.told.ended, 'the end')
  none.stream.destroy()
  const failed = await awaiting(t)
  failed.fail(Object.assign(new Error('of ours'), { code: 'EOURS' }))
  await until(() => failed.told.closed, 'the close')
  t.equal(failed.told.error?.code, 'EOURS')
})

t.test('destroyed while it waits: it is given up, and a connection that comes all the same is closed', async (t) => {
  const { near, stream, open, givenUp } = await awaiting(t)
  stream.resetAndDestroy()
  t.equal(givenUp(), 1)
  open()
  await until(() => near.closed, 'the close')
})

t.test('the connection is reset or destroyed with the stream, and the stream with it', async (t) => {
  for (const how of ['reset', 'destroy', 'lost'] as const) {
    const { far, stream, told, open } = await awaiting(t)
    stream.write('asks')
    open()
    await far.has('asks')
    if (how === 'reset') stream.resetAndDestroy()
    else if (how === 'destroy') stream.destroy()
    else far.socket.resetAndDestroy()
    await until(() => told.closed, how)
    if (how !== 'lost') await far.until(({ ended, closed }) => ended || closed, 'its end')
    t.equal(told.error?.code, how === 'lost' ? 'ECONNRESET' : undefined)
    t.equal(far.error?.code, how === 'reset' ? 'ECONNRESET' : undefined)
  }
})

t.test('a connection whose end came before it was handed over', async (t) => {
  const { near, far, told, open } = await awaiting(t)
  far.socket.end()
  const ended = once(near, 'end')
  near.resume()
  await ended
  open()
  await until(() => told.ended, 'the end')
  t.equal(told.text, '')
})
