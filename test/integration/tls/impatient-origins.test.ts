/**
 * Origins that leave while the client, which has its 200, is still silent: by FIN or by RST. What the client then asks goes over another
 * connection; an origin that leaves that one too is told as what it did, at once.
 */

import { once } from 'node:events'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openTunnel, Received } from '../../support/proxy-client.ts'
import { originCertificate, startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate'

const LEAVE = {
  FIN: (socket: Socket) => void socket.end(),
  RST: (socket: Socket) => void socket.resetAndDestroy(),
} as const

type Way = keyof typeof LEAVE

interface Origin {
  readonly port: number
  /** The connections so far. */
  readonly sockets: Socket[]
}

/** Serves every connection but the first by `serve`; the first is left to the test. */
async function startOrigin(t: Test, serve: (socket: Socket) => void): Promise<Origin> {
  const sockets: Socket[] = []
  const origin = await startTcpOrigin((socket) => {
    sockets.push(socket.on('error', () => undefined))
    if (sockets.length > 1) serve(socket)
  })
  t.teardown(() => origin.close())
  return { port: origin.port, sockets }
}

function serveTls(socket: Socket): void {
  const secure = new TLSSocket(socket, { isServer: true, ...originCertificate() })
  secure.on('error', () => undefined).once('data', () => void secure.end(RESPONSE))
}

function servePlain(socket: Socket): void {
  socket.once('data', () => void socket.end(RESPONSE))
}

/** A tunnel to `origin`, which has left it, and the worker has seen that: it has answered another CONNECT since. */
async function abandonedTunnel(t: Test, harness: EngineHarness, origin: Origin, way: Way): Promise<Socket> {
  const tunnel = await openTunnel(harness.proxyPort, `localhost:${origin.port}`)
  const [first] = origin.sockets
  if (first === undefined) throw new Error('the origin was not dialled')
  LEAVE[way](first)
  const other = createTcpServer((socket) => void socket.on('error', () => undefined).resume())
  await once(other.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => other.close())
  for (let round = 0; round < 2; round++) {
    const since = await openTunnel(harness.proxyPort, `localhost:${(other.address() as { port: number }).port}`)
    since.destroy()
  }
  return tunnel
}

function secureOver(tunnel: Socket, harness: EngineHarness): Received {
  return new Received(connectTls({ socket: tunnel, servername: 'localhost', ca: harness.caPem }), tunnel)
}

/** Those with clients are of the connections that only asked whether the worker has polled. */
function upstreamFailures(harness: EngineHarness): string[] {
  const failed = harness.named('tls_handshake_failed').filter(({ side }) => side === 'upstream')
  return failed.map(({ reason, sub_reason }) => `${reason} ${sub_reason}`)
}

for (const way of ['FIN', 'RST'] as const) {
  t.test(`an origin that leaves by ${way} before the client speaks is dialled again`, async (t) => {
    for (const [name, serve] of [
      ['https', serveTls],
      ['http', servePlain],
    ] as const) {
      const origin = await startOrigin(t, serve)
      const harness = await EngineHarness.start(t)
      const tunnel = await abandonedTunnel(t, harness, origin, way)
      const client = name === 'https' ? secureOver(tunnel, harness) : new Received(tunnel)
      client.socket.write(REQUEST)
      await client.over()
      t.match(client.text, /^HTTP\/1\.1 200 [\s\S]*late$/, name)
      t.equal(origin.sockets.length, 2, `${name}: one connection more`)
      await harness.checkLaws(t, 3)
      t.same(upstreamFailures(harness), [], name)
    }
  })

  t.test(`one that leaves by ${way} each time is told as that`, async (t) => {
    const origin = await startOrigin(t, (socket) => void socket.once('data', () => LEAVE[way](socket)))
    const harness = await EngineHarness.start(t)
    const client = secureOver(await abandonedTunnel(t, harness, origin, way), harness)
    client.socket.write(REQUEST)
    await client.over()
    t.match(client.text, /^HTTP\/1\.1 502 /)
    await harness.checkLaws(t, 3)
    t.same(upstreamFailures(harness), [way === 'FIN' ? 'eof closed_in_hello' : 'reset reset_in_hello'])
  })
}
