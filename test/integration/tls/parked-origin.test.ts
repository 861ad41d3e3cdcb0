/**
 * A CONNECT that was answered because a connection to its origin is parked, which then does not fit, to an origin that takes
 * no new ones.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { originCertificate } from '../../support/test-origin.ts'

t.setTimeout(600_000)

t.test('a 502 inside of TLS to a client that asks for the origin by the same address', async (t) => {
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
  // Another name than the parked connection's, so that this one does not serve.
  const second = await openSecure(harness.proxyPort, authority, harness.caPem, { servername: 'other.example' })
  second.socket.write('GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n')
  await second.over()
  t.match(second.text, /^HTTP\/1.1 502 /)
  t.match(second.text, /origin_refused/)
  await harness.checkLaws(t, 2)
  t.match(harness.flowEnds()[1], { close_reason: 'upstream_connect_failed' })
})
