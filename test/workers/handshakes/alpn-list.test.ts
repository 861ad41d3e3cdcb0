/** ALPN lists: octets as in RFC 7301, and that both ends of a real handshake take them in that form. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, createServer } from 'node:tls'
import t from 'tap'
import { alpnList } from '../../../src/workers/handshakes/alpn-list.ts'
import { makeRoot, makeServerCertificate } from '../../support/pki/test-pki.ts'

t.test('octets', (t) => {
  const cases: readonly (readonly [protocols: string[], octets: string])[] = [
    [[], ''],
    [['h2'], '\x02h2'],
    [['h2', 'http/1.1'], '\x02h2\x08http/1.1'],
    [['', 'x'.repeat(256), 'a\xff'], '\x02a\xff'],
  ]
  for (const [protocols, octets] of cases) t.equal(Buffer.from(alpnList(protocols).buffer).toString('latin1'), octets)
  t.end()
})

t.test('a handshake with lists on both sides', async (t) => {
  const root = makeRoot()
  const leaf = makeServerCertificate({ issuer: root, names: ['a.example'] })
  const server = createServer({ cert: leaf.certificatePem, key: leaf.privateKeyPem, ALPNProtocols: alpnList(['h2', 'http/1.1']) })
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const options: ConnectionOptions = { port, host: '127.0.0.1', servername: 'a.example', ca: root.certificatePem }
  const socket = connect({ ...options, ALPNProtocols: alpnList(['x', 'http/1.1']) })
  await once(socket, 'secureConnect')
  t.equal(socket.alpnProtocol, 'http/1.1')
  socket.destroy()
})
