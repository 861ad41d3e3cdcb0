/** The handshake with an origin over real sockets: what it offers, and how each way of failing is classified. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { HandshakeError } from '../../src/workers/handshake-error.ts'
import { type OriginateOptions, originate, upstreamFailure } from '../../src/workers/originate.ts'
import { makeRoot, makeServerCertificate } from '../support/test-pki.ts'

const root = makeRoot()
const leaf = makeServerCertificate({ issuer: root, names: ['a.example'] })
const DAY_MS = 86_400_000
const expired = makeServerCertificate({
  issuer: root,
  names: ['a.example'],
  notBefore: new Date(Date.now() - 9 * DAY_MS),
  notAfter: new Date(Date.now() - DAY_MS),
})

async function dialled(t: Test, server: Server): Promise<Socket> {
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

function options(changes: Partial<OriginateOptions> = {}): OriginateOptions {
  const context = createSecureContext({ ca: root.certificatePem })
  return { host: 'a.example', sni: undefined, alpn: [], context, verify: true, session: undefined, timeoutMs: 5_000, ...changes }
}

const tlsServer = (cert = leaf) =>
  createServer({ cert: cert.certificatePem, key: cert.privateKeyPem, ALPNProtocols: ['http/1.1'] }, (socket) => {
    socket.on('error', () => {})
  })

t.test('success: SNI, ALPN, verification', async (t) => {
  const server = tlsServer()
  const secured = once(server, 'secureConnection')
  const { secure, isStapled } = await originate(await dialled(t, server), options({ alpn: ['x', 'http/1.1'] }))
  t.equal(secure.alpnProtocol, 'http/1.1')
  t.equal(secure.authorized, true)
  t.equal(isStapled, false)
  const [{ servername }] = await secured
  t.equal(servername, 'a.example')
  secure.destroy()
})

t.test('an address is never sent as SNI', async (t) => {
  const server = tlsServer()
  const secured = once(server, 'secureConnection')
  const { secure } = await originate(await dialled(t, server), options({ host: '127.0.0.1', verify: false }))
  const [{ servername }] = await secured
  t.equal(servername, false)
  secure.destroy()
})

t.test('each way of failing', async (t) => {
  const cases: readonly (readonly [name: string, server: () => Server, changes: Partial<OriginateOptions>, failure: object])[] = [
    ['another name', tlsServer, { sni: 'b.example' }, { reason: 'upstream_cert_invalid', subReason: 'hostname_mismatch' }],
    ['expired', () => tlsServer(expired), {}, { reason: 'upstream_cert_invalid', subReason: 'expired' }],
    ['unknown root', tlsServer, { context: createSecureContext({ ca: [] }) }, { reason: 'upstream_cert_invalid' }],
    ['silent', () => createTcpServer(() => {}), { timeoutMs: 100 }, { reason: 'timeout', phase: 'hello' }],
    ['closes', () => createTcpServer((socket) => void socket.once('data', () => socket.end())), {}, { reason: 'eof' }],
    ['resets', () => createTcpServer((socket) => void socket.once('data', () => socket.resetAndDestroy())), {}, { reason: 'reset' }],
    ['speaks HTTP', () => createTcpServer((socket) => void socket.end('HTTP/1.1 400 Bad\r\n\r\n')), {}, { reason: 'not_tls' }],
  ]
  for (const [name, server, changes, failure] of cases) {
    const error = await originate(await dialled(t, server()), options(changes)).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    t.ok(error instanceof HandshakeError, name)
    if (error instanceof HandshakeError) t.match(error.failure, { side: 'upstream', ...failure }, name)
  }
})

t.test('an end without a sign is a failure all the same', async (t) => {
  t.match(upstreamFailure({ phase: 'mid_handshake' }), { side: 'upstream', reason: 'other', source: 'inferred' })
})
