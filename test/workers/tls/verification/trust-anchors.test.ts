/**
 * Trust anchors: sources joined without repetition; a damaged certificate costs only itself.
 */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import t from 'tap'
import { OriginContexts } from '../../../../src/workers/origin/origin-contexts.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { LeafCache } from '../../../../src/workers/tls/leaf/leaf-cache.ts'
import { LeafIssuer } from '../../../../src/workers/tls/leaf/leaf-issuer.ts'
import { createTicketSecret, TicketKeys } from '../../../../src/workers/tls/leaf/ticket-keys.ts'
import { loadTrustAnchors } from '../../../../src/workers/tls/verification/trust-anchors.ts'
import { handshake, startTlsPeer } from '../../../support/harnesses/tls-peers.ts'

const one = createAuthority(Date.now()).material.certificatePem
const two = createAuthority(Date.now())

t.test('sources are joined, each certificate once', (t) => {
  const directory = t.testdir({ 'system.pem': `${one}${rootCertificates[0]}\n${one}`, 'extra.pem': one + two.material.certificatePem })
  const anchors = loadTrustAnchors({ systemFile: join(directory, 'system.pem'), extraFile: join(directory, 'extra.pem') })
  t.equal(anchors.bundled, new Set(rootCertificates).size)
  t.equal(anchors.system, 1)
  t.equal(anchors.extra, 1)
  t.equal(anchors.count, anchors.bundled + 2)
  t.equal(anchors.pem.split('BEGIN CERTIFICATE').length - 1, anchors.count)
  t.end()
})

t.test("the machine's own store", (t) => {
  const anchors = loadTrustAnchors({})
  t.ok(anchors.count >= anchors.bundled)
  if (existsSync('/etc/ssl/certs/ca-certificates.crt')) t.ok(anchors.count >= 100, `${anchors.system} beside ${anchors.bundled}`)
  t.end()
})

t.test('a damaged certificate costs only itself', async (t) => {
  const damaged = one.replace(/\n[A-Za-z0-9+/]{64}\n/, '\n')
  const directory = t.testdir({ 'system.pem': '', 'extra.pem': damaged + two.material.certificatePem })
  const anchors = loadTrustAnchors({ systemFile: join(directory, 'system.pem'), extraFile: join(directory, 'extra.pem') })
  t.equal(anchors.skipped, 1)
  t.equal(anchors.extra, 1)
  const cache = new LeafCache(
    new LeafIssuer(two, Date.now),
    new TicketKeys(createTicketSecret(), Date.now),
    4,
    { add: () => undefined },
    Date.now,
  )
  const context = cache.contextFor({ host: 'a.test', profile: 'ecdsa' })
  if (context === undefined) throw new Error('no context')
  const peer = await startTlsPeer(context)
  const contexts = new OriginContexts(anchors)
  const options = { servername: 'a.test', secureContext: contexts.contextFor(undefined) }
  t.equal((await handshake(peer.port, options)).protocol, 'TLSv1.3', 'what follows it in the file is trusted')
  const strangers = new OriginContexts(loadTrustAnchors({ systemFile: join(directory, 'system.pem') }))
  const untrusted = { servername: 'a.test', secureContext: strangers.contextFor(undefined) }
  await t.rejects(handshake(peer.port, untrusted), { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' })
  await peer.close()
})

t.test('an extra file that cannot serve is told', (t) => {
  const directory = t.testdir({ 'empty.pem': 'no blocks' })
  t.throws(() => loadTrustAnchors({ extraFile: join(directory, 'none.pem') }), { code: 'trust_unreadable' })
  t.throws(() => loadTrustAnchors({ extraFile: directory }), { code: 'trust_unreadable' })
  t.throws(() => loadTrustAnchors({ extraFile: join(directory, 'empty.pem') }), { code: 'trust_empty' })
  writeFileSync(join(directory, 'huge.pem'), Buffer.alloc(17_000_000))
  t.throws(() => loadTrustAnchors({ extraFile: join(directory, 'huge.pem') }), { code: 'trust_unreadable' })
  t.end()
})
