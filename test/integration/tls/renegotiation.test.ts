/**
 * A client of TLS 1.2 that asks for another handshake on its connection is told that there is none (RFC 5246 §7.2.2), by Node and by
 * openssl s_client; what it asked before has been answered.
 */

import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { lacking } from '../../support/lacking.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { runCommand } from '../../support/run-command.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(300_000)

t.test('by Node', async (t) => {
  const origin = await startHttpsOrigin((_, response) => response.end('hello'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  const authority = `localhost:${origin.port}`
  const client = await openSecure(harness.proxyPort, authority, harness.caPem, { maxVersion: 'TLSv1.2' })
  const secure = client.socket as TLSSocket
  secure.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  await client.has('hello')
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    secure.once('error', resolve)
    secure.renegotiate({}, resolve as (error: Error | null) => void)
  })
  t.equal(error?.code, 'ERR_SSL_NO_RENEGOTIATION')
  secure.destroy()
  await harness.settled(1)
  t.match(harness.exchangeEnds(), [{ close_reason: 'completed' }])
})

t.test('by openssl s_client', { skip: lacking('openssl') }, async (t) => {
  const origin = await startHttpsOrigin((_, response) => response.end('hello'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${origin.port}`)
  const { stdout, stderr } = await runCommand(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${gateway}`, '-servername', 'localhost', '-tls1_2'],
    {
      input: 'R\n',
    },
  )
  t.match(stdout + stderr, /RENEGOTIATING[\s\S]*no renegotiation/)
  await harness.settled(1)
})
