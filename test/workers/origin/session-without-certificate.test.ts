/**
 * sessionWithoutCertificate: a session of TLS 1.3 loses its certificate and nothing else, and resumes as it would have; what is no
 * session stays as it is.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { sessionWithoutCertificate } from '../../../src/workers/origin/session-without-certificate.ts'
import { ORIGIN_ROOT, originCertificate } from '../../support/test-origin.ts'

async function startServer(t: Test): Promise<number> {
  const server = createServer({ ...originCertificate(), minVersion: 'TLSv1.3' }, (socket) => socket.on('error', () => undefined).end('x'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

interface Connection {
  readonly isResumed: boolean
  readonly isAuthorized: boolean
  /** The last session that it was given. */
  readonly session: Buffer
}

/** A whole connection to `localhost`. */
async function connection(port: number, session?: Buffer): Promise<Connection> {
  const secure = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: ORIGIN_ROOT.certificatePem, ...(session && { session }) })
  let latest = Buffer.alloc(0)
  secure.on('session', (given: Buffer) => {
    latest = Buffer.from(given)
  })
  const closed = once(secure, 'close')
  await once(secure, 'secureConnect')
  const isResumed = secure.isSessionReused()
  secure.resume()
  await closed
  return { isResumed, isAuthorized: secure.authorized, session: latest }
}

t.test('it resumes, and counts as verified', async (t) => {
  const port = await startServer(t)
  const first = await connection(port)
  const bare = sessionWithoutCertificate(first.session)
  t.ok(bare.length > 0 && bare.length < first.session.length - 300, 'shorter by a certificate')
  t.same(sessionWithoutCertificate(bare), bare, 'twice is once')
  t.match(await connection(port, bare), { isResumed: true, isAuthorized: true })
})

t.test('what is cut short, and what is no session, stays as it is', async (t) => {
  const { session } = await connection(await startServer(t))
  for (let length = 0; length < session.length; length++) {
    const cut = session.subarray(0, length)
    if (!sessionWithoutCertificate(cut).equals(cut)) t.fail(`cut to ${length} octets it is altered`)
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => sessionWithoutCertificate(Buffer.from(octets)).equals(octets)))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
      const enveloped = Buffer.concat([Buffer.from('\0nodejs:tls:session:1\0'), octets])
      return sessionWithoutCertificate(enveloped).equals(enveloped)
    }),
  )
})
