/**
 * One context towards all origins, one more per client identity, and that identity reaches an origin that asks for it.
 */

import type { AddressInfo } from 'node:net'
import { connect, createSecureContext, createServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { ORIGIN_CONTEXTS } from '../../../src/shared/limits/origins.ts'
import { OriginContexts } from '../../../src/workers/origin/origin-contexts.ts'
import { exportIdentityPkcs12 } from '../../../src/workers/tls/ca/ca-export.ts'
import { createAuthority } from '../../../src/workers/tls/ca/create-authority.ts'
import { LeafIssuer } from '../../../src/workers/tls/leaf/leaf-issuer.ts'
import { handshake, startTlsPeer } from '../../support/harnesses/tls-peers.ts'
import { daysFromNow, dnsName, makeCa, makeLeaf } from '../../support/pki/wrong-pki.ts'

const authority = createAuthority(Date.now())
const anchors = { pem: authority.material.certificatePem }

t.test('one context for all, one per identity', (t) => {
  const contexts = new OriginContexts(anchors)
  t.equal(contexts.contextFor(undefined), contexts.contextFor(undefined))
  const { keyPem, certificatePem } = createAuthority(Date.now()).material
  const identity = { fingerprint: 'a', cert: certificatePem, key: keyPem }
  t.equal(contexts.contextFor(identity), contexts.contextFor(identity))
  t.not(contexts.contextFor({ ...identity, fingerprint: 'b' }), contexts.contextFor(identity))
  t.not(contexts.contextFor(identity, { min_version: 'TLSv1.3' }), contexts.contextFor(identity))
  t.equal(contexts.contextFor(undefined, { ciphers: 'AES128-SHA' }), contexts.contextFor(undefined, { ciphers: 'AES128-SHA' }))
  t.not(contexts.contextFor(undefined), contexts.contextFor(undefined, { ciphers: 'AES128-SHA' }))
  t.throws(() => contexts.contextFor({ fingerprint: 'c', cert: certificatePem, key: authority.material.keyPem }), /mismatch/i)
  t.throws(() => contexts.contextFor({ fingerprint: 'd', pfx: Buffer.from('no pfx') }))
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
  const pem = { fingerprint: 'pem', cert: client.material.certificatePem, key: client.material.keyPem }
  const pfx = { fingerprint: 'pfx', pfx: exportIdentityPkcs12(client, 'secret').bytes, passphrase: 'secret' }
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

t.test('an intermediate is an anchor, and so is the certificate of a server; for its names, and while it lasts', async (t) => {
  const root = makeCa('root')
  const intermediate = makeCa('intermediate', root)
  const right = makeLeaf(intermediate, [dnsName('origin.test')])
  const expired = makeLeaf(intermediate, [dnsName('origin.test')], { notAfter: daysFromNow(-1) })
  for (const [anchor, leaf, servername, code] of [
    [root, right, 'origin.test', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
    [intermediate, right, 'origin.test', undefined],
    [intermediate, right, 'other.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [intermediate, expired, 'origin.test', 'CERT_HAS_EXPIRED'],
    [right, right, 'origin.test', undefined],
    [expired, expired, 'origin.test', 'CERT_HAS_EXPIRED'],
  ] as const) {
    const peer = await startTlsPeer(createSecureContext({ cert: leaf.pem, key: leaf.keyPem }))
    const result = handshake(peer.port, { servername, secureContext: new OriginContexts({ pem: anchor.pem }).contextFor(undefined) })
    if (code === undefined) t.equal((await result).protocol, 'TLSv1.3')
    else await t.rejects(result, { code })
    await peer.close()
  }
})

t.test('contexts are bounded: the least recently used goes', (t) => {
  const contexts = new OriginContexts({ pem: '' })
  const first = contexts.contextFor(undefined)
  const versions = (n: number) => ({ ciphers: `AES128-SHA${':AES256-SHA'.repeat(n)}` })
  for (let n = 0; n < ORIGIN_CONTEXTS - 1; n++) contexts.contextFor(undefined, versions(n))
  t.equal(contexts.contextFor(undefined), first, 'used: now the youngest')
  const second = contexts.contextFor(undefined, versions(1))
  contexts.contextFor(undefined, versions(ORIGIN_CONTEXTS))
  t.equal(contexts.contextFor(undefined), first)
  t.equal(contexts.contextFor(undefined, versions(1)), second)
  t.end()
})
