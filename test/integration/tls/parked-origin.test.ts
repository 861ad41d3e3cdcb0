/**
 * A parked connection that its origin closes as it is taken, under a request that may not be repeated (`reopened-origin.test.ts` has those
 * that may); and a CONNECT that was answered because a connection to its origin is
 * parked, which then does not fit, to an origin that takes no new ones.
 */

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { LosingOrigin } from '../../support/harnesses/losing-origin.ts'
import { openSecure, openTunnel, Received } from '../../support/proxy-client.ts'
import { originCertificate } from '../../support/test-origin.ts'

t.setTimeout(600_000)

t.test('an origin that closes a parked connection just as it is taken: the next client is told, and nothing is sent twice', async (t) => {
  for (const how of ['destroy', 'resetAndDestroy'] as const) {
    const asked: string[] = []
    /** The last connection that the origin took: there is one at a time. */
    let tcp: Socket | undefined
    let secure: TLSSocket | undefined
    const close = () => (how === 'destroy' ? secure?.destroy() : tcp?.resetAndDestroy())
    const server = createServer({ ...originCertificate(), ALPNProtocols: ['http/1.1'] }, (socket: TLSSocket) => {
      secure = socket
      socket.on('error', () => socket.destroy())
      socket.on('data', (octets) => {
        const request = octets.toString('latin1')
        asked.push(request.slice(0, request.indexOf(' HTTP')))
        if (request.includes('/first')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        else close()
      })
    })
    server.on('connection', (socket: Socket) => {
      tcp = socket
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const harness = await EngineHarness.start(t, { workers: 1, upstream: { verify: false } })
    for (const method of ['POST', 'PATCH']) {
      const first = await openSecure(harness.proxyPort, authority, harness.caPem)
      first.socket.write('GET /first HTTP/1.1\r\nHost: origin\r\n\r\n')
      await first.has('ok')
      first.socket.end()
      await first.over()
      const second = await openSecure(harness.proxyPort, authority, harness.caPem)
      second.socket.write(`${method} /second HTTP/1.1\r\nHost: origin\r\nContent-Length: 0\r\n\r\n`)
      await second.over()
      t.match(second.text, /^HTTP\/1.1 502 [\s\S]*the request was not sent again/, `${how} ${method}`)
    }
    t.strictSame(asked, ['GET /first', 'POST /second', 'GET /first', 'PATCH /second'])
    await harness.checkLaws(t, 4)
    t.equal(harness.named('origin_reused').length, 2)
    t.equal(harness.named('origin_reopened').length, 0)
  }
})

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

t.test('what was dialled for a CONNECT is closed where a connection that is parked meanwhile serves it', async (t) => {
  const origin = await LosingOrigin.start(t)
  const harness = await EngineHarness.start(t, { workers: 1, upstream: { verify: false } })
  const early = await openTunnel(harness.proxyPort, origin.authority)
  const first = await openSecure(harness.proxyPort, origin.authority, harness.caPem)
  first.socket.write('GET /first HTTP/1.1\r\nHost: origin\r\n\r\n')
  await first.has('/first')
  first.socket.end()
  await first.over()
  const late = new Received(connectTls({ socket: early, ca: harness.caPem, host: '127.0.0.1', ALPNProtocols: ['http/1.1'] }))
  late.socket.write('GET /late HTTP/1.1\r\nHost: origin\r\n\r\n')
  await late.has('/late')
  t.strictSame(origin.asked, ['1 GET /first', '1 GET /late'])
  await until(() => origin.transports[0]?.closed === true, 'the close of the one that was not needed')
  late.socket.destroy()
  await harness.checkLaws(t, 2)
})
