/**
 * Bypass learning end to end: a pinned client is refused, learned from, tunnelled to its origin, listed, and revoked; on worker
 * threads and inline. The client is curl, which trusts the origin's root and not ours.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import t from 'tap'
import { request } from 'undici'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, { skip: lacks('curl') }, async (t) => {
    const origin = await startHttpsOrigin(servePages)
    t.teardown(() => origin.close())
    const harness = await EngineHarness.start(t, { workers, learning: { enabled: true, threshold: 2, window: 4 } })
    const url = `https://localhost:${origin.port}/data.json`
    const pinned = () => runCommand('curl', ['-sS', '-m', '20', '-x', harness.proxyUrl, '--cacert', rootFile(harness), url])
    const decisions = () => harness.named('connect_decision').map(({ decision, rule }) => `${decision} ${rule}`)
    const steps = () => harness.named('tls_learning_audit').map(({ step }) => step)
    const heard = async (count: number) => {
      await until(() => steps().length >= count, `${count} audits`)
    }

    t.not((await pinned()).code, 0)
    await heard(1)
    t.not((await pinned()).code, 0)
    await heard(3)
    t.same(steps(), ['counted', 'counted', 'learned'])
    t.match(await pinned(), { code: 0, stdout: '{"ok":true}' }, 'the client reaches its origin')
    await until(() => decisions().length === 3, 'three decisions')
    t.same(decisions(), ['intercept default', 'intercept default', 'tunnel learned_bypass'])
    const [first] = harness.named('tls_learning_audit')
    const [failure] = harness.named('tls_handshake_failed')
    t.match(first, { worker: 0, server_host: 'localhost', client_addr: '127.0.0.1', related_flow: failure?.flow_id })

    const bypasses = `http://${harness.admin}/bypasses`
    t.match(await (await request(bypasses)).body.json(), { bypasses: [{ client: '127.0.0.1', host: 'localhost', origin: 'learned' }] })
    t.equal((await request(`${bypasses}?host=localhost`, { method: 'DELETE' })).statusCode, 403, 'a change needs its mark')
    const revoked = await request(`${bypasses}?host=localhost`, { method: 'DELETE', headers: { 'x-soth-admin': '1' } })
    t.same(await revoked.body.json(), { revoked: 1, bypasses: [] })
    t.not((await pinned()).code, 0, 'and is intercepted again')
    await heard(5)
    t.same(steps().slice(3), ['revoked', 'counted'])
    t.same(
      harness.named('tls_learning_audit').map(({ flow_id, flow_seq }) => [flow_id.split('-').at(-1), flow_seq]),
      steps().map((_, n) => ['0', n]),
    )
    await harness.checkLaws(t, 4)
  })
}

t.test('silence teaches nothing; what policy blocks stays blocked; configured bypasses need no learning', async (t) => {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    learning: { enabled: true, threshold: 1, window: 1, bypasses: [{ client: '127.0.0.1', host: 'blocked.example' }] },
    rules: [{ match: { host: 'blocked.example' }, action: 'block' }],
  })
  const silent = connect(harness.proxyPort, '127.0.0.1')
  silent.write(`CONNECT localhost:${origin.port} HTTP/1.1\r\n\r\n`)
  await once(silent, 'data')
  const secure = tlsConnect({ socket: silent, servername: 'localhost' })
  await once(secure, 'secureConnect').catch(() => undefined)
  secure.destroy()
  await until(() => harness.named('tls_learning_audit').length === 1, 'an audit')
  t.match(harness.named('tls_learning_audit')[0], { step: 'ignored', detail: 'inferred' })
  const blocked = connect(harness.proxyPort, '127.0.0.1')
  blocked.write('CONNECT blocked.example:443 HTTP/1.1\r\n\r\n')
  const [answer] = await once(blocked, 'data')
  t.match(String(answer), /^HTTP\/1\.1 403/)
  blocked.destroy()
  const listed = await (await request(`http://${harness.admin}/bypasses`)).body.json()
  t.same(listed, { bypasses: [{ client: '127.0.0.1', host: 'blocked.example', origin: 'configured' }] })
})

/** Where the harness has written the origin's root. */
function rootFile(harness: EngineHarness): string {
  return `${harness.directory}/origin-root.pem`
}
