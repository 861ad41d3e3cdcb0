/**
 * Certificates of the test PKI: OpenSSL reads them, the chain verifies, names and overrides are what was wished for.
 */

import { X509Certificate } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { makeRoot, makeServerCertificate } from '../../support/pki/test-pki.ts'

const root = makeRoot()
const x509 = (pem: string) => new X509Certificate(pem)

t.test('fields', async (t) => {
  const ca = x509(root.certificatePem)
  const leaf = x509(makeServerCertificate({ names: ['a.example', '127.0.0.1', '2001:db8::1'], issuer: root }).certificatePem)
  t.ok(ca.ca)
  t.notOk(leaf.ca)
  t.ok(leaf.verify(ca.publicKey))
  t.ok(leaf.checkIssued(ca))
  t.ok(ca.checkIssued(ca))
  t.equal(leaf.subjectAltName, 'DNS:a.example, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1')
  t.same(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  t.not(leaf.serialNumber, ca.serialNumber)
})

t.test('overrides', async (t) => {
  const expired = x509(
    makeServerCertificate({ names: ['a'], issuer: root, notBefore: new Date('2001-01-01'), notAfter: new Date('2002-01-01') })
      .certificatePem,
  )
  t.match(expired.validTo, /2002/)
  t.match(x509(makeServerCertificate({ names: ['a'], issuer: root, notAfter: new Date('2060-01-01') }).certificatePem).validTo, /2060/)
  t.equal(x509(makeServerCertificate({ names: ['a'], issuer: root, commonName: 'Bücher' }).certificatePem).subject, 'CN=Bücher')
  t.notOk(x509(makeServerCertificate({ names: ['a'], issuer: root }).certificatePem).verify(x509(makeRoot().certificatePem).publicKey))
})

t.test('a handshake', async (t) => {
  const { certificatePem, privateKeyPem } = makeServerCertificate({ names: ['localhost'], issuer: root })
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, (socket) => socket.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const client = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: root.certificatePem })
  const text = await client.setEncoding('utf8').toArray()
  t.same(text, ['hello'])
})
