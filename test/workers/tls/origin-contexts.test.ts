/**
 * One context towards all origins, one more per client identity, and that identity reaches an origin that asks for it.
 */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { exportIdentityPkcs12 } from '../../../src/workers/tls/ca-export.ts'
import { createAuthority } from '../../../src/workers/tls/create-authority.ts'
import { LeafIssuer } from '../../../src/workers/tls/leaf-issuer.ts'
import { OriginContexts } from '../../../src/workers/tls/origin-contexts.ts'

const authority = createAuthority(Date.now())
const anchors = { pem: authority.material.certificatePem }

t.test('one context for all, one per identity', (t) => {
  const contexts = new OriginContexts(anchors)
  t.equal(contexts.contextFor(undefined), contexts.contextFor(undefined))
  const { keyPem, certificatePem } = createAuthority(Date.now()).material
  const identity = { cert: certificatePem, key: keyPem }
  t.equal(contexts.contextFor(identity), contexts.contextFor(identity))
  t.not(contexts.contextFor({ ...identity }), contexts.contextFor(identity))
  t.throws(() => contexts.contextFor({ cert: certificatePem, key: authority.material.keyPem }), /mismatch/i)
  t.throws(() => contexts.contextFor({ pfx: Buffer.from('no pfx') }))
  t.end()
})

t.test('an origin that asks for a certificate gets it, from PEM and from PKCS#12', async (t) => {
  const leaf = new LeafIssuer(authority, Date.now).issueLeaf({ host: 'origin.test', profile: 'ecdsa' })
  if (leaf === undefined) throw new Error('no leaf')
  const client = createAuthority(Date.now())
  const server = createServer({
    cert: leaf.chainPem,
    key: leaf.keyPem,
    ca: client.material.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
  })
  const subjects: (string | undefined)[] = []
  server.on('secureConnection', (socket: TLSSocket) => {
    subjects.push(socket.getPeerX509Certificate()?.subject)
    socket.on('error', () => socket.destroy())
    socket.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const contexts = new OriginContexts(anchors)
  const pem = { cert: client.material.certificatePem, key: client.material.keyPem }
  const pfx = { pfx: exportIdentityPkcs12(client, 'secret').bytes, passphrase: 'secret' }
  for (const identity of [undefined, pem, pfx]) {
    const socket = connect({ host: '127.0.0.1', port, servername: 'origin.test', secureContext: contexts.contextFor(identity) })
    socket.resume()
    await new Promise((resolve, reject) => {
      socket.on('close', resolve)
      socket.on('error', reject)
    })
  }
  t.same(subjects, [undefined, client.certificate.subject, client.certificate.subject])
  await new Promise((resolve) => server.close(resolve))
})
