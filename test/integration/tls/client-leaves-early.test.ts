/**
 * A client that leaves while its origin's handshake is under way: noticed at once, told as what the client did, and never as a failure
 * of the origin, which is cut off by ourselves.
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { helloBytes, list16, sniBody, vector8, vector16 } from '../../support/octets/hello-bytes.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const HELLO = helloBytes({
  cipherSuites: [0xc02b, 0xc02f],
  extensions: [
    [0, sniBody('localhost')],
    [10, vector16(list16([23]))],
    [11, vector8([0])],
    [13, vector16(list16([0x0403, 0x0804, 0x0401]))],
  ],
})

/** An origin that takes a ClientHello and never answers; whoever waits for it waits longer than this test may take. */
async function start(t: Test, strategy: 'eager' | 'lazy') {
  let hellos = 0
  let left = 0
  const origin = await startTcpOrigin((socket) => {
    socket.once('data', () => {
      hellos++
    })
    socket.once('end', () => {
      left++
    })
    socket.resume()
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { connect_strategy: strategy, limits: { handshake_timeout_ms: 600_000 } })
  const tunnel = async () => {
    const socket = connect({ port: harness.proxyPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    socket.on('error', () => undefined)
    socket.write(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await once(socket, 'data')
    return socket
  }
  return { harness, tunnel, asked: (count: number) => until(() => hellos === count, 'a hello at the origin'), left: () => left }
}

const LEAVES: readonly (readonly [name: string, leave: (socket: Socket) => void, failure: object])[] = [
  ['FIN', (socket) => socket.end(), { reason: 'eof', sub_reason: 'closed_in_handshake', source: 'inferred' }],
  ['RST', (socket) => socket.resetAndDestroy(), { reason: 'reset', sub_reason: 'reset_in_handshake', source: 'inferred' }],
  [
    'an alert, and no end',
    (socket) => socket.write(Buffer.of(0x15, 3, 3, 0, 2, 2, 48)),
    { reason: 'unknown_ca', alert: 48, source: 'authoritative' },
  ],
]

t.test('eagerly: while it waits for our ServerHello', async (t) => {
  const { harness, tunnel, asked, left } = await start(t, 'eager')
  for (const [n, [name, leave, failure]] of LEAVES.entries()) {
    await t.test(name, async (t) => {
      const flows = n + 1
      const socket = await tunnel()
      socket.write(HELLO)
      await asked(flows)
      leave(socket)
      socket.resume()
      await harness.settled(flows)
      await until(() => left() === flows, 'the origin is let go')
      const failures = harness.named('tls_handshake_failed')
      t.equal(failures.length, flows, 'one failure, and none of the origin')
      t.match(failures.at(-1), { side: 'client', phase: 'mid_handshake', ...failure })
      t.equal(harness.flowEnds().at(-1)?.close_reason, 'tls_handshake_failed')
      socket.destroy()
    })
  }
  await harness.checkLaws(t, LEAVES.length)
})

t.test('lazily: while it waits for its answer', async (t) => {
  const { harness, tunnel, asked, left } = await start(t, 'lazy')
  const socket = await tunnel()
  const secure = tlsConnect({ socket, servername: 'localhost', ca: harness.caPem, ALPNProtocols: ['http/1.1'] })
  secure.on('error', () => undefined)
  await once(secure, 'secureConnect')
  secure.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await asked(1)
  socket.resetAndDestroy()
  await harness.checkLaws(t, 1)
  await until(() => left() === 1, 'the origin is let go')
  t.same(harness.named('tls_handshake_failed'), [], 'nobody’s handshake has failed')
  t.equal(harness.flowEnds()[0]?.close_reason, 'client_reset')
})
