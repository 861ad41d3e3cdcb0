/**
 * Shadow with real traffic: a policy that is not in force alters nothing and tells everything; a policy beside the one in force changes
 * nothing and tells where it would decide otherwise.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openProxy, openSecure } from '../../support/proxy-client.ts'
import { startHttpOrigin, startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 5 s on an idle machine. */
t.setTimeout(600_000)

/** Of the file, not of a test: the harness makes that one anew. */
const directory = t.testdir()

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Keep: me\r\n\r\n`

/** Flow by flow: events of two flows come in no order. */
function inOrder<Told extends { readonly flow_id: string }>(events: readonly Told[]): Told[] {
  return events.toSorted((a, b) => a.flow_id.localeCompare(b.flow_id, 'en', { numeric: true }))
}

for (const workers of [0, 2]) {
  t.test(`mode: shadow, workers: ${workers}`, async (t) => {
    const kept: unknown[] = []
    const origin = await startHttpsOrigin((asked, response) => {
      kept.push(asked.headers['x-keep'])
      response.setHeader('Alt-Svc', 'h3=":443"').end(`answer to ${asked.url}`)
    })
    t.teardown(() => origin.close())
    const harness = await EngineHarness.start(t, {
      workers,
      mode: 'shadow',
      rules: [
        { name: 'path', match: { host: 'localhost', path: '/no' }, action: 'block' },
        { name: 'edit', match: { host: 'localhost' }, edit: { request: { remove: ['x-keep'] } }, strip_alt_svc: true },
        { name: 'host', match: { host: '127.0.0.1' }, action: 'block' },
      ],
    })
    const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
    client.socket.write(get('/no'))
    await client.has('answer to /no')
    client.socket.write(get('/yes'))
    await client.has('answer to /yes')
    t.match(client.text, /alt-svc: h3/i)
    t.same(kept, ['me', 'me'])
    client.socket.end()
    // Tunnelled: the certificate is the origin's, whose name is localhost.
    const tunnelled = await openSecure(harness.proxyPort, `127.0.0.1:${origin.port}`, harness.caPem, {
      rejectUnauthorized: false,
      servername: 'localhost',
    })
    tunnelled.socket.write(get('/tunnelled'))
    await tunnelled.has('answer to /tunnelled')
    tunnelled.socket.end()
    await harness.checkLaws(t, 2)
    t.match(
      inOrder(harness.named('connect_decision')).map(({ phase, decision, rule, would, withheld }) => ({
        phase,
        decision,
        rule,
        would,
        withheld,
      })),
      [
        { phase: 'connect', decision: 'intercept', would: 'intercept' },
        { phase: 'request', decision: 'intercept', rule: 'path', would: 'block', withheld: ['block'] },
        { phase: 'request', decision: 'intercept', rule: 'default', would: 'intercept', withheld: ['edit', 'strip_alt_svc'] },
        { phase: 'connect', decision: 'tunnel', rule: 'host', would: 'block', withheld: ['block'] },
      ],
    )
  })
}

t.test('a policy beside the one in force', async (t) => {
  const origin = await startHttpsOrigin((asked, response) => void response.end(asked.url === '/no' ? 'not stopped' : 'through'))
  const clear = await startHttpOrigin((_asked, response) => void response.end('clear'))
  t.teardown(() => Promise.all([origin.close(), clear.close()]))
  const file = join(directory, 'next.yaml')
  writeFileSync(
    file,
    'rules:\n  - { name: next, match: { path: /no }, action: block }\n  - { name: clear, match: { port: 80 }, action: block }\n',
  )
  const harness = await EngineHarness.start(t, {
    shadow_policy: file,
    rules: [{ name: 'now', match: { host: 'blocked.example' }, action: 'block' }],
  })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write(get('/yes'))
  await client.has('through')
  client.socket.write(get('/no'))
  await client.has('not stopped')
  client.socket.end()
  const plain = openProxy(harness.proxyPort)
  plain.socket.write(`GET http://127.0.0.1:${clear.port}/no HTTP/1.1\r\nHost: x\r\n\r\n`)
  await plain.has('clear')
  plain.socket.end()
  const blocked = openProxy(harness.proxyPort)
  blocked.socket.write('CONNECT blocked.example:443 HTTP/1.1\r\n\r\n')
  await blocked.over()
  t.match(blocked.text, /^HTTP\/1\.1 403/)
  await harness.checkLaws(t, 3)
  t.match(
    inOrder(harness.named('policy_difference')).map(({ phase, active, active_rule, shadow, shadow_rule, differs }) => [
      phase,
      active,
      active_rule,
      shadow,
      shadow_rule,
      differs,
    ]),
    [
      ['request', 'intercept', 'default', 'block', 'next', 'action'],
      ['request', 'intercept', 'default', 'block', 'next', 'action'],
      ['connect', 'block', 'now', 'intercept', 'default', 'action'],
    ],
  )
  const metrics = await harness.metrics()
  t.equal(metrics.value('soth_mitm_policy_differences_total', { phase: 'request', active: 'intercept', shadow: 'block' }), 2)
  t.equal(metrics.value('soth_mitm_policy_differences_total', { phase: 'connect', active: 'block', shadow: 'intercept' }), 1)
})

t.test('the ClientHello in a tunnel: what the policy beside makes of it', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    rules: [{ name: 'all', match: {}, action: 'tunnel' }],
    shadow: {
      rules: [
        { name: 'inner', match: { sni: 'inner.test' }, action: 'block' },
        { name: 'rest', match: {}, action: 'tunnel' },
      ],
    },
  })
  for (const servername of ['inner.test', 'localhost']) {
    const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem, { servername, rejectUnauthorized: false })
    client.socket.write(get('/'))
    await client.has('through')
    client.socket.end()
  }
  await harness.checkLaws(t, 2)
  t.match(
    inOrder(harness.named('policy_difference')).map(({ phase, active, active_rule, shadow, shadow_rule }) => [
      phase,
      active,
      active_rule,
      shadow,
      shadow_rule,
    ]),
    [
      ['connect', 'tunnel', 'all', 'intercept', 'rest'],
      ['client_hello', 'tunnel', 'all', 'block', 'inner'],
      ['connect', 'tunnel', 'all', 'intercept', 'rest'],
    ],
  )
})
