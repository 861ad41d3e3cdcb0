/** greetClient where there can be no leaf; what it comes to with one is tested with the stages around it. */

import { once } from 'node:events'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { CA_LIFETIME_MS } from '../../../src/shared/limits/certificates.ts'
import { createAuthority } from '../../../src/workers/tls/ca/create-authority.ts'
import { ShardHarness } from '../../support/harnesses/shard-harness.ts'
import { socketPair } from '../../support/socket-pair.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

async function outcome(t: Test, harness: ShardHarness, host: string, port: number, servername: string): Promise<unknown> {
  const { near, far } = await socketPair()
  harness.adopt(near, host, port)
  const [answer] = (await once(far, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 200 /)
  const secure = connect({ socket: far, servername, rejectUnauthorized: false })
  const [error] = await once(secure, 'error').catch((thrown: unknown) => [thrown])
  return error
}

t.test('by a CA that has expired meanwhile', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => response.end('ok'))
  t.teardown(() => origin.close())
  const harness = new ShardHarness({ upstream: { verify: false } })
  const { material } = createAuthority(Date.now() - CA_LIFETIME_MS)
  harness.shard.receive({ kind: 'reload', ...harness.start, ca: material })
  for (let n = 0; n < 2; n++) {
    t.match(await outcome(t, harness, 'localhost', origin.port, 'localhost'), { message: /alert internal error|alert number 80/ })
  }
  t.strictSame(harness.ends, ['f1 tls_handshake_failed', 'f2 tls_handshake_failed'])
  const [failed, again] = harness.events.filter(({ event }) => event === 'tls_handshake_failed')
  const facts = { side: 'client', reason: 'other', sub_reason: 'ca_expired', alert: 80, source: 'authoritative', phase: 'mid_handshake' }
  t.match(failed, { ...facts, detail: /expired on .*ca rotate/ })
  t.match(again, facts)
  t.equal(harness.logged.length, 1, 'the log is told once')
  t.match(harness.logged[0], /^error: nothing can be intercepted: the CA certificate expired on [^\n]*$/)
})
