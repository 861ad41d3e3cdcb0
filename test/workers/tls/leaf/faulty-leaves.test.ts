/** FaultyLeaves: each certificate has the one defect that was asked for, as a client of node:tls judges it. */

import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { FaultyLeaves, type LeafDefect } from '../../../../src/workers/tls/leaf/faulty-leaves.ts'
import { LeafKeys } from '../../../../src/workers/tls/leaf/leaf-keys.ts'

const VERDICTS: Readonly<Record<LeafDefect, RegExp>> = {
  expired: /^CERT_HAS_EXPIRED$/,
  not_yet_valid: /^CERT_NOT_YET_VALID$/,
  wrong_name: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
  self_signed: /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
  unknown_ca: /^UNABLE_TO_/,
}

const authority = createAuthority(Date.now())
const leaves = new FaultyLeaves(authority, new LeafKeys(), Date.now)

for (const [defect, verdict] of Object.entries(VERDICTS) as [LeafDefect, RegExp][]) {
  t.test(defect, async (t) => {
    const secureContext = leaves.contextFor(defect, { host: 'a.example', profile: 'ecdsa' }, {})
    if (secureContext === undefined) throw new Error('a.example is a name')
    const server = createServer({ SNICallback: (_name, done) => done(null, secureContext) }, (socket) => void socket.on('error', () => {}))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const client = connect({ port, host: '127.0.0.1', servername: 'a.example', ca: authority.material.certificatePem })
    const error = await new Promise<NodeJS.ErrnoException>((resolve, reject) => {
      client.once('error', resolve).once('secureConnect', () => reject(new Error('it was taken')))
    })
    client.destroy()
    t.match(error.code, verdict)
  })
}

t.test('a host that is no name has no certificate', async (t) => {
  t.equal(leaves.contextFor('expired', { host: 'not a name', profile: 'ecdsa' }, {}), undefined)
})
