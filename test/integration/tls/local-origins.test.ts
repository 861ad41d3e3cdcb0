/**
 * Origins on this machine: spoken to in the classical groups; one that takes nothing but X25519MLKEM768 is asked again with all, and
 * that counts as one handshake; one that refuses for another reason is refused for that reason.
 */

import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { ClientHelloParser } from '../../../src/workers/tls/hello/client-hello-parser.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { originCertificate } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number)
const skip = (major < 3 || (major === 3 && minor < 5)) && `OpenSSL ${process.versions.openssl} has no ML-KEM`

const X25519 = 0x001d
const HYBRID = 0x11ec

interface Rig {
  readonly harness: EngineHarness
  readonly port: number
  /** Groups of the key shares in each ClientHello that has come, and whether X25519MLKEM768 is offered at all. */
  readonly hellos: { readonly shares: readonly number[]; readonly offersHybrid: boolean }[]
}

async function start(t: Test, options: TlsOptions): Promise<Rig> {
  const hellos: Rig['hellos'] = []
  const server = createServer({ ...originCertificate(), ALPNProtocols: ['http/1.1'], ...options }, (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'))
  })
  // Reads each hello, which is small enough to come in one piece, before TLS does.
  const door = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', (octets) => {
      const read = new ClientHelloParser().execute(octets)
      if (read.kind === 'hello') {
        const { groups, keyShareGroups } = read.hello
        hellos.push({ shares: keyShareGroups, offersHybrid: groups.includes(HYBRID) })
      }
      socket.pause()
      socket.unshift(octets)
      server.emit('connection', socket)
    })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  t.teardown(() => door.close())
  const harness = await EngineHarness.start(t, { upstream: { reuse: false } })
  return { harness, port: (door.address() as AddressInfo).port, hellos }
}

async function ask({ harness, port }: Rig): Promise<string> {
  const client = await openSecure(harness.proxyPort, `localhost:${port}`, harness.caPem)
  client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await client.over()
  return client.text
}

t.test('one that prefers X25519MLKEM768 is not offered it', { skip }, async (t) => {
  const rig = await start(t, {})
  for (let n = 0; n < 3; n++) t.match(await ask(rig), /^HTTP\/1.1 200 /)
  t.strictSame(rig.hellos, Array(3).fill({ shares: [X25519], offersHybrid: false }))
  await rig.harness.checkLaws(t, 3)
})

t.test('one that takes nothing else is asked again, and then asked for that alone', { skip }, async (t) => {
  const rig = await start(t, { ecdhCurve: 'X25519MLKEM768' })
  for (let n = 0; n < 2; n++) t.match(await ask(rig), /^HTTP\/1.1 200 /)
  t.strictSame(rig.hellos, [
    { shares: [X25519], offersHybrid: false },
    { shares: [HYBRID, X25519], offersHybrid: true },
    { shares: [HYBRID], offersHybrid: true },
  ])
  await rig.harness.checkLaws(t, 2)
  const started = rig.harness.named('tls_handshake_started').filter(({ side }) => side === 'upstream')
  const succeeded = rig.harness.named('tls_handshake_succeeded').filter(({ side }) => side === 'upstream')
  t.equal(started.length, 2)
  t.equal(succeeded.length, 2)
  t.strictSame(rig.harness.named('tls_handshake_failed'), [])
})

t.test('one that refuses whatever it is offered is refused for that reason', { skip }, async (t) => {
  const rig = await start(t, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256' })
  t.match(await ask(rig), /^HTTP\/1.1 502 [\s\S]*handshake_failure/)
  t.equal(rig.hellos.length, 2)
  await rig.harness.checkLaws(t, 1)
  const failed = rig.harness.named('tls_handshake_failed')
  t.match(failed, [{ side: 'upstream', reason: 'handshake_alert', alert: 40 }])
  t.equal(failed.length, 1)
})
