/**
 * Names and addresses against certificates: alternative names only, wildcards for one label, the error as Node codes it; and
 * that a real handshake asks the native check.
 */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, createServer, type PeerCertificate } from 'node:tls'
import t from 'tap'
import { checkIdentityNatively, checkServerIdentity } from '../../../../src/workers/tls/verification/server-identity.ts'
import { makeRoot, makeServerCertificate } from '../../../support/pki/test-pki.ts'

const root = makeRoot()
const leaf = makeServerCertificate({ issuer: root, names: ['a.example', '*.b.example', 'under_score.example', '127.0.0.1', '::1'] })
const certificate = new X509Certificate(leaf.certificatePem) as unknown as PeerCertificate

t.test('which hosts the certificate is for', (t) => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['a.example', true],
    ['A.EXAMPLE', true],
    ['a.example.', true],
    ['x.b.example', true],
    ['x.y.b.example', false],
    ['b.example', false],
    ['under_score.example', true],
    ['127.0.0.1', true],
    ['127.0.0.2', false],
    ['::1', true],
    ['other.example', false],
  ]
  for (const [host, accepted] of cases) {
    const error = checkServerIdentity(host, certificate)
    t.equal(error === undefined, accepted, host)
    if (error !== undefined) t.match(error, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: host })
  }
  t.end()
})

t.test('a handshake is judged by it', async (t) => {
  const server = createServer({ cert: leaf.certificatePem, key: leaf.privateKeyPem }, (socket) => socket.end()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const [servername, event] of [
    ['a.example', 'secureConnect'],
    ['c.example', 'error'],
  ] as const) {
    const options: ConnectionOptions = { port, host: '127.0.0.1', servername, ca: root.certificatePem, checkServerIdentity }
    const socket = connect(options)
    checkIdentityNatively(socket)
    await once(socket, event).catch((error) => t.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID'))
    t.equal(socket.authorized, event === 'secureConnect', servername)
    // Node 20 gives a certificate away once.
    if (socket.authorized) for (let n = 0; n < 2; n++) t.match(socket.getPeerX509Certificate()?.subject, 'CN=a.example')
    socket.destroy()
  }
})
