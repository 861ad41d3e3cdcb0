/**
 * Origins that cannot be reached or trusted: the client is told what it was, in an answer that it can read.
 */

import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer, type Server, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { makeRoot } from '../../support/pki/test-pki.ts'
import { openProxy, openSecure } from '../../support/proxy-client.ts'
import { originCertificate, startHttpsOrigin, startTcpOrigin } from '../../support/test-origin.ts'

const DAY_MS = 86_400_000
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n'
/** TEST-NET-1 (RFC 5737): nobody answers there. */
const BLACK_HOLE = '192.0.2.1:443'

/** Of each way to go: it meets another moment of the client's handshake each time. */
const ROUNDS = 10

async function serve(t: Test, server: Server): Promise<number> {
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, async (t) => {
    t.test('not to be dialled: 502 and 504 instead of the 200', async (t) => {
      const dead = await startTcpOrigin(() => undefined)
      await dead.close()
      const harness = await EngineHarness.start(t, { workers, limits: { connect_timeout_ms: 2_000 } })
      const targets: readonly (readonly [target: string, status: RegExp, code: RegExp])[] = [
        [`127.0.0.1:${dead.port}`, /502/, /origin_refused/],
        ['nowhere.invalid:443', /50[24]/, /origin_unresolvable|origin_dns_timeout/],
        // Nobody answers; but a machine without a route, or a firewall, says so at once.
        [BLACK_HOLE, /50[24]/, /origin_timeout|origin_unreachable|origin_refused/],
        [`127.0.0.1:${harness.proxyPort}`, /403/, /self_target/],
        [`localhost:${harness.admin.split(':')[1]}`, /403/, /self_target/],
      ]
      for (const [target, status, code] of targets) {
        const client = openProxy(harness.proxyPort)
        client.socket.write(`CONNECT ${target} HTTP/1.1\r\nAccept: application/json\r\n\r\n`)
        await client.over()
        const [head = '', body = ''] = client.text.split('\r\n\r\n')
        t.match(head, status, target)
        t.match(JSON.parse(body), { code }, target)
      }
      await harness.checkLaws(t, targets.length)
      // Ends that are told by different threads come in no order between flows.
      t.same(
        harness
          .flowEnds()
          .map((event) => event.close_reason)
          .sort(),
        ['refused', 'refused', 'upstream_connect_failed', 'upstream_connect_failed', 'upstream_connect_failed'],
      )
    })

    t.test('certificates that do not verify: a 502 that names the error', async (t) => {
      const cases = [
        [
          'expired',
          await startHttpsOrigin(() => undefined, {
            notBefore: new Date(Date.now() - 9 * DAY_MS),
            notAfter: new Date(Date.now() - DAY_MS),
          }),
          /CERT_HAS_EXPIRED/,
        ],
        ['for another name', await startHttpsOrigin(() => undefined, { names: ['other.example'] }), /ERR_TLS_CERT_ALTNAME_INVALID/],
        [
          'of an unknown root',
          await startHttpsOrigin(() => undefined, { issuer: makeRoot() }),
          /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|SELF_SIGNED/,
        ],
      ] as const
      t.teardown(() => Promise.all(cases.map(([, origin]) => origin.close())))
      const harness = await EngineHarness.start(t, { workers })
      for (const [name, origin, error] of cases) {
        const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
        client.socket.write(GET)
        await client.over()
        const [head = '', body = ''] = client.text.split('\r\n\r\n')
        t.match(head, /^HTTP\/1\.1 502 /, name)
        const page = JSON.parse(body)
        t.match(page, { code: 'upstream_cert_invalid', status: 502 }, name)
        t.match(`${page.detail}`, /upstream_cert_invalid/, name)
        t.comment(page.detail)
        t.match(JSON.stringify(harness.named('tls_handshake_failed')) + page.detail, error, name)
      }
      await harness.checkLaws(t, cases.length)
      for (const event of harness.named('tls_handshake_failed')) t.match(event, { side: 'upstream', reason: 'upstream_cert_invalid' })
      for (const event of harness.exchangeEnds()) t.match(event, { close_reason: 'upstream_connect_failed', status: 502 })
    })

    t.test('verify_upstream: false takes them', async (t) => {
      const origin = await startHttpsOrigin((_request, response) => void response.end('taken'), { issuer: makeRoot() })
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, {
        workers,
        rules: [{ match: { host: 'localhost' }, action: 'intercept', verify_upstream: false }],
      })
      const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
      client.socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      await client.over()
      t.match(client.text, /taken$/)
    })

    t.test('no TLS, silence, a close and a reset in the place of a handshake', async (t) => {
      const origins = await Promise.all([
        startTcpOrigin((socket) => void socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))),
        startTcpOrigin(() => undefined),
        startTcpOrigin((socket) => void socket.once('data', () => socket.end())),
        startTcpOrigin((socket) => void socket.once('data', () => socket.resetAndDestroy())),
      ])
      t.teardown(() => Promise.all(origins.map((origin) => origin.close())))
      const harness = await EngineHarness.start(t, { workers, limits: { handshake_timeout_ms: 3_000 } })
      for (const origin of origins) {
        const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
        client.socket.write(GET)
        await client.over()
        const isSilent = origin === origins[1]
        t.match(
          client.text,
          isSilent ? /^HTTP\/1\.1 504 [\s\S]*"upstream_tls_timeout"/ : /^HTTP\/1\.1 502 [\s\S]*"code":"upstream_tls_failed"/,
        )
      }
      await harness.checkLaws(t, origins.length)
      const reasons = harness.named('tls_handshake_failed').map((event) => event.reason)
      t.equal(reasons.length, origins.length)
      t.comment(reasons.join(', '))
    })

    t.test('an origin that goes as soon as its handshake is done', async (t) => {
      const server = createTlsServer({ ...originCertificate(), ALPNProtocols: ['http/1.1'] })
      const origin = await serve(t, server)
      const harness = await EngineHarness.start(t, { workers })
      const transports = new Map<string, Socket>()
      server.on('connection', (socket: Socket) => transports.set(`${socket.remotePort}`, socket))
      const ways: readonly ((transport: Socket | undefined, secure: TLSSocket) => unknown)[] = [
        (transport) => transport?.resetAndDestroy(),
        (transport) => transport?.destroy(),
        (_, secure) => secure.end(),
      ]
      let go = ways[0]
      server.on('secureConnection', (secure) => {
        secure.on('error', () => undefined)
        go?.(transports.get(`${secure.remotePort}`), secure)
      })
      for (let number = 0; number < ways.length * ROUNDS; number++) {
        go = ways[number % ways.length]
        // Whatever it has come to by then: nobody is left waiting, and the engine lives.
        const client = await openSecure(harness.proxyPort, `localhost:${origin}`, harness.caPem).catch(() => undefined)
        client?.socket.write(GET)
        await client?.over()
      }
      await harness.checkLaws(t, ways.length * ROUNDS)
      for (const { close_reason } of harness.flowEnds()) t.match(close_reason, /^(?:upstream_|relay_eof|client_reset)/)
    })

    t.test('an origin that resets as soon as it is dialled', async (t) => {
      const origin = await startTcpOrigin((socket) => void socket.resetAndDestroy())
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers })
      const client = openProxy(harness.proxyPort)
      client.socket.write(`CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\n\r\n\0\0`)
      await client.over()
      // The reset comes before the 200 or behind it.
      t.match(client.text, /^(HTTP\/1\.1 502 [\s\S]*origin_reset|HTTP\/1\.1 200 )|^$/)
      await harness.checkLaws(t, 1)
      t.match(harness.flowEnds()[0]?.close_reason, /upstream_connect_failed|upstream_reset/)
    })
  })
}
