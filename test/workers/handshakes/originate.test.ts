/** originate: what a handshake with an origin comes to: staples told and heeded, and every way to fail. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { createSecureContext, createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { HandshakeError } from '../../../src/workers/handshakes/handshake-error.ts'
import { originate } from '../../../src/workers/handshakes/originate.ts'
import { dnsName, makeCa, makeLeaf, OCSP_GOOD, OCSP_REVOKED, ocspResponse } from '../../support/pki/wrong-pki.ts'

const root = makeCa('root')
const leaf = makeLeaf(root, [dnsName('a.example')])
const context = createSecureContext({ ca: root.pem })

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** An origin that staples `staple`. */
function origin(t: Test, staple?: Buffer): Promise<number> {
  const server = createServer({ key: leaf.keyPem, cert: leaf.pem }, (socket) => socket.on('error', () => undefined))
  if (staple !== undefined)
    server.on('OCSPRequest', (_certificate, _issuer, answer: (error: null, response: Buffer) => void) => answer(null, staple))
  return listen(t, server)
}

async function outcome(port: number, { host = 'a.example', verify = true, timeoutMs = 5_000 } = {}): Promise<string> {
  const tcp = connect(port, '127.0.0.1')
  await once(tcp, 'connect')
  try {
    const { secure, ocsp } = await originate(tcp, {
      host,
      sni: host,
      alpn: [],
      context,
      verify,
      session: undefined,
      onVerified: () => {},
      timeoutMs,
    })
    const subject = secure.getPeerX509Certificate()?.subject
    secure.destroy()
    return `${subject}${ocsp === undefined ? '' : `, ${ocsp}`}`
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error
    const { reason, subReason, phase, source } = error.failure
    return `${reason} ${subReason} ${phase} ${source}`
  } finally {
    tcp.destroy()
  }
}

t.test('staples', async (t) => {
  t.equal(await outcome(await origin(t)), 'CN=leaf')
  t.equal(await outcome(await origin(t, ocspResponse(leaf, root, OCSP_GOOD))), 'CN=leaf, good')
  const revoked = await origin(t, ocspResponse(leaf, root, OCSP_REVOKED))
  t.equal(await outcome(revoked), 'upstream_cert_invalid revoked mid_handshake authoritative')
  t.equal(await outcome(revoked, { verify: false }), 'CN=leaf, revoked')
  const forged = await origin(t, ocspResponse(leaf, root, OCSP_REVOKED, { signer: leaf }))
  t.equal(await outcome(forged), 'CN=leaf, invalid')
})

t.test('failures', async (t) => {
  t.equal(await outcome(await origin(t), { host: 'b.example' }), 'upstream_cert_invalid hostname_mismatch mid_handshake authoritative')
  const closing = await listen(
    t,
    createTcpServer((socket) => socket.end()),
  )
  t.match(await outcome(closing), /^eof closed_in_hello hello inferred/)
  const silent = await listen(
    t,
    createTcpServer((socket) => socket.on('error', () => undefined).resume()),
  )
  t.equal(await outcome(silent, { timeoutMs: 50 }), 'timeout stalled_in_hello hello inferred')
  const speaking = await listen(
    t,
    createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-x\r\n')),
  )
  t.match(await outcome(speaking), /^not_tls /)
})

t.test('a RST is no FIN, also where Node gives both the same error', async (t) => {
  const rude = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    // The beginning of a record, and the RST right behind it.
    socket.once('data', () => socket.write(Buffer.of(0x16, 3, 3), () => socket.resetAndDestroy()))
  })
  t.match(await outcome(await listen(t, rude)), /^reset reset_in_(hello|handshake) /)
  const curt = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.of(0x16, 3, 3)))
  })
  t.equal(await outcome(await listen(t, curt)), 'eof closed_in_handshake mid_handshake inferred')
})
