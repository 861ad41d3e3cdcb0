/**
 * Policy on real traffic: conditions that are known late, what a block answers, and what a rule changes of its connections.
 */

import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { answerOf } from '../../support/harnesses/http2-engine.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { openProxy, openSecure, openTunnel, Received } from '../../support/proxy-client.ts'
import { startHttpOrigin, startHttpsOrigin, startTcpOrigin } from '../../support/test-origin.ts'

/** Below 5 s on an idle machine. */
t.setTimeout(600_000)

const get = (path: string, ...lines: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

t.test('fields, protocols and fingerprints decide; a block answers JSON', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.setHeader('Alt-Svc', 'h3=":443"').end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    rules: [
      {
        name: 'robots',
        match: { field: { 'user-agent': ['*robot*', 're:^spider'] } },
        action: 'block',
        status: 451,
        body: { error: 'robots' },
      },
      { name: 'sockets', match: { protocol: 'ws' }, action: 'block' },
      { name: 'fingerprint', match: { ja4: 't13d*', path: '/fingerprint' }, action: 'block', status: 410 },
      { match: { host: 'localhost' }, strip_alt_svc: true, redact_fields: ['X-Secret'] },
    ],
  })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write(get('/a', 'User-Agent: a robot', 'X-Secret: one'))
  await client.has('{"error":"robots"}')
  t.match(client.text, /^HTTP\/1\.1 451 [\s\S]*Content-Type: application\/json\r\n/)
  client.socket.write(get('/b', 'Upgrade: websocket', 'Connection: Upgrade'))
  await client.has('403 Forbidden')
  client.socket.write(get('/fingerprint'))
  await client.has('410 Gone')
  client.socket.write(get('/c', 'User-Agent: a human', 'X-Secret: two'))
  await client.has('through')
  t.notMatch(client.text, /alt-svc/i)
  client.socket.end()
  await harness.checkLaws(t, 1)
  t.match(harness.named('http3_passthrough'), [
    { source: 'field', action: 'stripped', authority: ':443', value: 'h3=":443"', protocol: 'http3' },
  ])
  t.same(
    harness
      .named('connect_decision')
      .filter(({ phase }) => phase === 'request')
      .map(({ rule, decision }) => [rule, decision]),
    [
      ['robots', 'block'],
      ['sockets', 'block'],
      ['fingerprint', 'block'],
    ],
  )
  const secrets = harness
    .named('request_headers')
    .flatMap(({ fields }) => (fields ?? []).filter(([name]) => name === 'X-Secret').map(([, value]) => value))
  t.same(secrets, ['[redacted]', '[redacted]'])
})

t.test('a plain connection: rules about the requests of each of its hosts', async (t) => {
  const origin = await startHttpOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules: [{ name: 'late', match: { host: 'localhost', path: '/no' }, action: 'block' }] })
  const client = openProxy(harness.proxyPort)
  const plain = (host: string, path: string) => `GET http://${host}:${origin.port}${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
  client.socket.write(plain('127.0.0.1', '/no'))
  await client.has('through')
  client.socket.write(plain('localhost', '/no'))
  await client.has('403 Forbidden')
  client.socket.end()
  await harness.checkLaws(t, 1)
})

t.test('a rule about a path cannot be walked around', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    upstream: { verify: false },
    rules: [{ name: 'secret', match: { host: 'localhost', path: '/secret/*' }, action: 'block' }],
  })
  const authority = `localhost:${origin.port}`
  const targets = [
    '/secret/a',
    '/%73ecret/a',
    '/x/../secret/a',
    '/./secret/a?b',
    'http://innocent.test/secret/a',
    'https://localhost/secret/a',
  ]
  for (const servername of ['localhost', 'front.test']) {
    const client = await openSecure(harness.proxyPort, authority, harness.caPem, { servername, checkServerIdentity: () => undefined })
    for (const [n, target] of targets.entries()) {
      client.socket.write(get(target))
      await client.until(({ text }) => text.split('rule secret').length === n + 2, `a refusal of ${target} as ${servername}`)
    }
    client.socket.write(get('/secret'))
    await client.has('through')
    client.socket.end()
  }
  await harness.checkLaws(t, 2)
})

t.test('on one HTTP/2 stream among others: the path in any spelling, and `:authority` as Host', async (t) => {
  const origin = await startHttp2Origin(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end('through')
  })
  const harness = await EngineHarness.start(t, {
    rules: [
      { match: { path: '/secret' }, action: 'block', status: 451 },
      { match: { field: { host: 'front.test' } }, action: 'block', status: 421 },
    ],
  })
  const session = await openHttp2(harness, origin.port)
  const asked: readonly (readonly [path: string, authority: string, status: number])[] = [
    ['/', 'localhost', 200],
    ['/a/../%73ecret?x', 'localhost', 451],
    ['/', 'front.test', 421],
    ['/secret/', 'localhost', 200],
  ]
  const statuses = asked.map(
    async ([path, authority]) => (await answerOf(session.request({ ':path': path, ':authority': authority }))).status,
  )
  t.same(
    await Promise.all(statuses),
    asked.map(([, , status]) => status),
  )
  await closed(session)
  await harness.checkLaws(t, 1)
})

t.test('octets that are not HTTP', async (t) => {
  const origin = await startTcpOrigin((socket) => void socket.on('data', () => socket.write('echo')))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules: [{ name: 'other', match: { protocol: 'tunnel' }, action: 'block' }] })
  const tunnel = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${origin.port}`))
  tunnel.socket.write('\x00\x01not HTTP at all')
  await tunnel.over()
  t.equal(tunnel.text, '')
  await harness.checkLaws(t, 1)
  t.match(harness.flowEnds(), [{ close_reason: 'blocked', detail: 'rule other' }])
})

t.test('limits of a connection', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules: [{ match: { host: 'localhost' }, limits: { idle_timeout_ms: 1_500 } }] })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write(get('/'))
  await client.has('through')
  await client.over().catch(() => undefined)
  await harness.checkLaws(t, 1)
  t.match(harness.flowEnds(), [{ close_reason: 'idle_timeout', detail: /for 1500 ms/ }])
})

t.test('each request of a connection is observed as its own rules say', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.setHeader('Content-Type', 'application/json').end('{"a":1}'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    rules: [
      { match: { path: '/captured' }, capture: { body_bytes: 4 } },
      { match: { path: '/read' }, observe: 'bodies' },
      { match: { path: '/redacted' }, redact_fields: ['X-Secret'] },
    ],
  })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  const paths = ['/plain', '/captured', '/read', '/redacted', '/plain']
  for (const [n, path] of paths.entries()) {
    client.socket.write(get(path, 'X-Secret: one'))
    await client.until(() => client.text.split('{"a":1}').length === n + 2, `answer ${n}`)
  }
  client.socket.end()
  await harness.checkLaws(t, 1)
  t.same(
    harness.named('response_body_chunk').map(({ exchange, data }) => [exchange, data]),
    paths.map((path, exchange) => [exchange, path === '/captured' ? Buffer.from('{"a"').toString('base64') : undefined]),
  )
  t.same(
    harness.named('body_decoded').map(({ exchange }) => exchange),
    [paths.indexOf('/read')],
  )
  const secrets = harness.named('request_headers').map(({ fields }) => fields?.find(([name]) => name === 'X-Secret')?.[1])
  t.same(
    secrets,
    paths.map((path) => (path === '/redacted' ? '[redacted]' : 'one')),
  )
})
