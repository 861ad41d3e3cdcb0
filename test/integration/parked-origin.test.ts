/**
 * A CONNECT that was answered because a connection to its origin is parked, which then does not fit, to an origin that takes
 * no new ones.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { EngineHarness } from '../support/engine-harness.ts'
import { helloBytes } from '../support/hello-bytes.ts'
import { openSecure, openTunnel, Received } from '../support/proxy-client.ts'
import { originCertificate } from '../support/test-origin.ts'

t.test('no response in clear to a client that has begun TLS', async (t) => {
  const server = createServer({ ...originCertificate(), ALPNProtocols: ['http/1.1'] }, (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const harness = await EngineHarness.start(t, { workers: 1, upstream: { verify: false } })
  const first = await openSecure(harness.proxyPort, authority, harness.caPem)
  first.socket.write('GET / HTTP/1.1\r\nHost: origin\r\n\r\n')
  await first.has('ok')
  first.socket.end()
  await first.over()
  server.close()
  const second = new Received(await openTunnel(harness.proxyPort, authority))
  second.socket.write(helloBytes())
  await second.over()
  t.equal(second.text, '')
})
