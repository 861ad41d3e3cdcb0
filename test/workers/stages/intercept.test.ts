/**
 * The handshakes of an interception through a whole engine: order, versions and suites, certificates of clients; what fails is told
 * inside of TLS, and in events.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket, TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { makeCa } from '../../support/pki/wrong-pki.ts'
import { openSecure, type Received } from '../../support/proxy-client.ts'
import { originCertificate, startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const root = makeCa('client root')
const client = makeCa('client', root)

async function get(harness: EngineHarness, port: number, options: object = {}): Promise<Received> {
  const received = await openSecure(harness.proxyPort, `localhost:${port}`, harness.caPem, options)
  received.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await received.over()
  return received
}

/** An origin that tells the version, the suite and the client's name of the connection. */
async function tellingOrigin(t: Test, options: TlsOptions = {}): Promise<number> {
  const server = createServer({ ...originCertificate(), ...options }, ({ socket }, response) => {
    const secure = socket as TLSSocket
    response.end(`${secure.getProtocol()} ${secure.getCipher().name} ${secure.getPeerX509Certificate()?.subject ?? 'nobody'}.`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

const start = (t: Test, options: EngineOptionsInput) => EngineHarness.start(t, { workers: 0, ...options })

t.test('lazy', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('served'))
  t.teardown(() => origin.close())
  const harness = await start(t, { connect_strategy: 'lazy' })
  const authority = `localhost:${origin.port}`

  t.test('the origin is dialled at the first octet, and not before', async (t) => {
    const received = await openSecure(harness.proxyPort, authority, harness.caPem, { ALPNProtocols: ['h2', 'http/1.1'] })
    t.equal((received.socket as TLSSocket).alpnProtocol, 'http/1.1')
    t.equal(origin.connections, 0)
    received.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await received.over()
    t.match(received.text, /served/)
    t.equal(origin.connections, 1)
    await harness.checkLaws(t, 1)
    t.match(
      harness.named('tls_handshake_succeeded').map(({ side }) => side),
      ['client', 'upstream'],
    )
  })

  t.test('a client that leaves without a word makes nobody dial', async (t) => {
    const received = await openSecure(harness.proxyPort, authority, harness.caPem)
    received.socket.end()
    await received.over()
    await harness.checkLaws(t, 2)
    t.equal(origin.connections, 1)
    t.match(harness.flowEnds().at(-1), { close_reason: 'client_closed_early' })
  })

  t.test('a client of h2 alone is served eagerly', async (t) => {
    const { socket } = await openSecure(harness.proxyPort, authority, harness.caPem, { ALPNProtocols: ['h2'] })
    t.equal((socket as TLSSocket).alpnProtocol, 'h2', 'to be told that there is no origin')
    socket.destroy()
    await harness.settled(3)
    t.equal(origin.connections, 2, 'the origin was asked first, and speaks no h2')
  })

  t.test('failures later are answers', async (t) => {
    const closed = await startHttpsOrigin(() => undefined)
    await closed.close()
    const refused = await get(harness, closed.port)
    t.match(refused.text, /^HTTP\/1\.1 502 [\s\S]*origin_refused/)
    const expired = await startHttpsOrigin(() => undefined, { notBefore: new Date(2020, 0, 1), notAfter: new Date(2021, 0, 1) })
    t.teardown(() => expired.close())
    t.match((await get(harness, expired.port)).text, /^HTTP\/1\.1 502 [\s\S]*upstream_cert_invalid[\s\S]*expired/)
  })
})

t.test('lazy by rule, eager otherwise; idle clients are ended', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('served'))
  t.teardown(() => origin.close())
  const harness = await start(t, {
    rules: [{ match: { host: 'localhost' }, connect_strategy: 'lazy', limits: { idle_timeout_ms: 1_500 } }],
  })
  const mute = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  await mute.over()
  await harness.checkLaws(t, 1)
  t.match(harness.flowEnds(), [{ close_reason: 'idle_timeout' }])
  t.equal(origin.connections, 0)
  const other = await openSecure(harness.proxyPort, `127.0.0.1:${origin.port}`, harness.caPem)
  t.equal(origin.connections, 1)
  other.socket.destroy()
})

t.test('a client certificate for the hosts that it is for, and for no others; by PEM, and anew by reload', async (t) => {
  const port = await tellingOrigin(t, { requestCert: true, rejectUnauthorized: false })
  // Not the test's own folder: that is the engine's.
  const folder = mkdtempSync(join(tmpdir(), 'identity-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const cert = join(folder, 'cert.pem')
  const key = join(folder, 'key.pem')
  writeFileSync(cert, client.pem)
  writeFileSync(key, client.keyPem)
  const identified = { client_certificates: [{ host: ['localhost', 'also.test.example'], cert, key }] }
  const harness = await start(t, { upstream: identified })
  t.match((await get(harness, port)).text, /CN=client\.$/m)
  t.match((await get(harness, port)).text, /CN=client\.$/m, 'resumed or reused, it is the same')
  t.match((await get(harness, port, { servername: 'evil.test.example' })).text, /nobody\.$/m, 'another name in the handshake')
  const bare = await openSecure(harness.proxyPort, `127.0.0.1:${port}`, harness.caPem, { servername: 'localhost' })
  bare.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await bare.over()
  t.match(bare.text, /nobody\.$/m, 'another host under its name')
  await harness.engine.reload({ ...harness.options, upstream: { ...harness.options.upstream, client_certificates: [] } })
  t.match((await get(harness, port)).text, /nobody\.$/m, 'given up')
  writeFileSync(key, root.keyPem)
  const refused: unknown = await harness.engine.reload(harness.options).catch((error: unknown) => error)
  t.match(refused, { path: 'upstream.client_certificates[0].cert' })
})

t.test('an origin that requires a certificate and is given none', async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const port = await tellingOrigin(t, { requestCert: true, rejectUnauthorized: true, ca: root.pem, maxVersion })
    const harness = await start(t, {})
    const received = await get(harness, port)
    t.match(received.text, /^HTTP\/1\.1 502 [\s\S]*upstream_tls_failed/)
    // By its own word where it has one; TLS 1.2 has none for this, and sends 40.
    t.match(received.text, maxVersion === 'TLSv1.2' ? /: parameters: alert 40/ : /: client_certificate: alert 116/)
  }
})

t.test('versions and suites towards the origin, with exceptions by rule', async (t) => {
  const old = await tellingOrigin(t, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })
  const current = await tellingOrigin(t)
  const harness = await start(t, {
    tls: { upstream: { min_version: 'TLSv1.3' } },
    rules: [
      { match: { port: old }, upstream_tls: { min_version: 'TLSv1' } },
      {
        match: { port: current, sni: 'ciphers.test.example' },
        upstream_tls: {
          min_version: 'TLSv1.2',
          max_version: 'TLSv1.2',
          ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
        },
      },
    ],
    upstream: { verify: false },
  })
  t.match((await get(harness, old)).text, /TLSv1\.1 /)
  t.match((await get(harness, current)).text, /TLSv1\.3 /)
  t.match((await get(harness, current, { servername: 'ciphers.test.example' })).text, /TLSv1\.2 ECDHE-\w+-AES256-GCM-SHA384/)
  await harness.engine.reload({ ...harness.options, rules: [], tls: {} })
  const refused = await get(harness, old)
  t.match(refused.text, /^HTTP\/1\.1 502 [\s\S]*handshake_alert: version/)
  await harness.engine.flush()
  t.match(harness.named('tls_handshake_failed').at(-1), {
    side: 'upstream',
    reason: 'handshake_alert',
    sub_reason: 'version',
    source: 'authoritative',
  })
})

t.test('versions towards the client; a reload counts for those who come later', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('served'))
  t.teardown(() => origin.close())
  const harness = await start(t, {})
  const authority = `localhost:${origin.port}`
  const offer = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  const before = await openSecure(harness.proxyPort, authority, harness.caPem, offer)
  before.socket.destroy()
  await harness.engine.reload({ ...harness.options, tls: { client: { min_version: 'TLSv1.3' } } })
  await t.rejects(openSecure(harness.proxyPort, authority, harness.caPem, offer), /protocol version/)
  await harness.settled(2)
  t.match(harness.named('tls_handshake_failed').at(-1), {
    side: 'client',
    reason: 'handshake_alert',
    sub_reason: 'version',
    alert: 70,
    source: 'authoritative',
  })
})

t.test('a certificate of the client: asked for by rule, told, and not required', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('served'))
  t.teardown(() => origin.close())
  const harness = await start(t, { rules: [{ match: { host: 'localhost' }, request_client_certificate: true }] })
  const identity = { cert: client.pem, key: client.keyPem }
  for (const [options, facts] of [
    [identity, { peer_subject: 'CN=client', peer_fingerprint: /^[0-9A-F:]{95}$/ }],
    [{}, { peer_subject: undefined }],
    [{ ...identity, maxVersion: 'TLSv1.2' }, { peer_subject: 'CN=client' }],
  ] as const) {
    harness.forget()
    t.match((await get(harness, origin.port, options)).text, /served/)
    await harness.engine.flush()
    t.match(
      harness.named('tls_handshake_succeeded').find(({ side }) => side === 'client'),
      facts,
    )
  }
})
