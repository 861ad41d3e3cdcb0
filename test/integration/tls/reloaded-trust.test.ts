/**
 * What a reload changes of trust holds for the next connection, whatever sessions and parked connections there are from before: the
 * roots that origins are verified against, whether they are verified, and what clients are asked for.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { selfSigned } from '../../support/pki/test-pki.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const ANOTHER_ROOT = selfSigned().cert

/** The first line of the answer to a request that leaves its connection to the origin open, so that it is parked. */
async function ask(harness: EngineHarness, port: number, session?: Buffer): Promise<{ answer: string; session: Buffer | undefined }> {
  const options = { ...selfSigned(), ...(session === undefined ? {} : { session }) }
  const client = await openSecure(harness.proxyPort, `localhost:${port}`, harness.caPem, options)
  let given: Buffer | undefined
  client.socket.on('session', (ticket: Buffer) => {
    given = ticket
  })
  client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await client.has('\r\n\r\n')
  client.socket.end()
  await client.over()
  return { answer: client.text.slice(0, client.text.indexOf('\r\n')), session: given }
}

t.test('an origin is verified by the roots of the last reload', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => response.end('ok'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { workers: 1 })
  const file = join(harness.directory, 'roots.pem')
  const trusting = (upstream: EngineOptionsInput['upstream']) => harness.engine.reload({ ...harness.options, upstream })
  const OK = 'HTTP/1.1 200 OK'
  const REFUSED = 'HTTP/1.1 502 Bad Gateway'
  t.equal((await ask(harness, origin.port)).answer, OK)
  await trusting({})
  t.equal((await ask(harness, origin.port)).answer, REFUSED, 'the file is no longer named')
  await harness.settled(2)
  t.match(harness.named('tls_handshake_failed').at(-1), { side: 'upstream', reason: 'upstream_cert_invalid', sub_reason: 'unknown_ca' })
  writeFileSync(file, ORIGIN_ROOT.certificatePem)
  await trusting({ extra_ca_file: file })
  t.equal((await ask(harness, origin.port)).answer, OK, 'another file is named')
  writeFileSync(file, ANOTHER_ROOT)
  t.equal((await ask(harness, origin.port)).answer, OK, 'not before the reload')
  await trusting({ extra_ca_file: file })
  t.equal((await ask(harness, origin.port)).answer, REFUSED, 'the file holds another root')
  await trusting({ extra_ca_file: file, verify: false })
  t.equal((await ask(harness, origin.port)).answer, OK, 'nothing is verified')
  await trusting({ extra_ca_file: file })
  t.equal((await ask(harness, origin.port)).answer, REFUSED, 'a session that was not verified does not stand for one that is')
  writeFileSync(file, 'no certificate')
  await t.rejects(trusting({ extra_ca_file: file }), /holds no certificate/)
  writeFileSync(file, ORIGIN_ROOT.certificatePem)
  t.equal((await ask(harness, origin.port)).answer, REFUSED, 'a refused reload changes nothing')
  await harness.checkLaws(t, 8)
})

t.test('a client that resumes is asked for its certificate by a rule that is new', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => response.end('ok'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { workers: 1 })
  const first = await ask(harness, origin.port)
  t.ok(first.session, 'a session was given')
  const second = await ask(harness, origin.port, first.session)
  await harness.engine.reload({ ...harness.options, rules: [{ request_client_certificate: true }] })
  const third = await ask(harness, origin.port, second.session ?? first.session)
  await ask(harness, origin.port, third.session)
  await harness.settled(4)
  const handshakes = harness.named('tls_handshake_succeeded').filter(({ side }) => side === 'client')
  t.match(
    handshakes.map(({ resumed, peer_subject }) => [resumed, peer_subject]),
    [
      [false, undefined],
      [true, undefined],
      [false, 'CN=localhost'],
      [true, 'CN=localhost'],
    ],
  )
  await harness.checkLaws(t, 4)
})
