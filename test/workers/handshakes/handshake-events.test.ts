/** What is told of handshakes: facts of real ones on TLS 1.2 and 1.3, and failures with nothing made up. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { failureFacts, handshakeFacts } from '../../../src/workers/handshakes/handshake-events.ts'
import type { TlsFailure } from '../../../src/workers/tls/failure/failure-evidence.ts'
import { selfSigned } from '../../support/pki/test-pki.ts'

const { key, cert } = selfSigned()

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`a handshake of ${version}, and one that resumes it`, async (t) => {
    const server = createServer({ key, cert, ALPNProtocols: ['http/1.1'], maxVersion: version, minVersion: version }, (secure) => {
      secure.on('error', () => {}).end('hello')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    let session: Buffer | undefined
    for (const resumed of [false, true]) {
      const secure = connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: resumed ? [] : ['http/1.1'],
        ...(session && { session }),
      })
      secure.on('session', (given) => {
        session = given
      })
      await once(secure, 'secureConnect')
      t.match(handshakeFacts(secure, 2.5), {
        source: 'authoritative',
        provider: 'native',
        version,
        cipher: /^TLS_/,
        resumed,
        duration_ms: 2.5,
      })
      t.equal(handshakeFacts(secure, 1).alpn, resumed ? undefined : 'http/1.1', 'no ALPN is absent, not false')
      secure.resume()
      await once(secure, 'close')
    }
  })
}

t.test('a failure: an alert that is none is absent', async (t) => {
  const failure: TlsFailure = {
    side: 'client',
    reason: 'eof',
    subReason: 'closed',
    alert: -1,
    phase: 'hello',
    source: 'inferred',
    detail: 'FIN',
  }
  t.same(failureFacts(failure, undefined), {
    ...{ side: 'client', source: 'inferred', provider: 'native', reason: 'eof', sub_reason: 'closed' },
    ...{ alert: undefined, phase: 'hello', detail: 'FIN', duration_ms: undefined },
  })
  t.match(failureFacts({ ...failure, alert: 0 }, 3), { alert: 0, duration_ms: 3 }, 'close_notify is number 0')
})
