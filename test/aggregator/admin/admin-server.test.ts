/** AdminServer: pages, methods, refusals and limits, over real sockets on loopback. */

import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { AdminServer, type AdminSources } from '../../../src/aggregator/admin/admin-server.ts'
import type { FeedServer } from '../../../src/aggregator/feed/feed-server.ts'
import type { AdminAddress } from '../../../src/shared/aggregator-protocol.ts'
import type { Bypass, BypassAnswer, BypassRequest } from '../../../src/shared/bypass.ts'
import type { EngineState } from '../../../src/shared/counters/counters-descriptor.ts'
import { ADMIN_STALL_MS } from '../../../src/shared/limits/aggregator.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'

/** A stall of 30 s among them. */
t.setTimeout(600_000)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function ask(address: AdminAddress, path: string, { method = 'GET', headers = {} as Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...address, path, method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on('error', reject).end(method === 'POST' ? 'body' : undefined)
  })
}

/** Sends `text` as it is and resolves to all that comes back. */
function raw(address: AdminAddress, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, address.host, () => socket.end(text))
    let received = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk
    })
    socket.on('error', reject).on('close', () => resolve(received))
  })
}

const BYPASSES: readonly Bypass[] = [
  { client: '10.0.0.1', host: 'a.example', origin: 'configured', learnedAtMs: 0, expiresAtMs: Number.POSITIVE_INFINITY },
  { client: '10.0.0.2', host: 'b.example', origin: 'learned', learnedAtMs: 5, expiresAtMs: 9 },
]

async function start(t: Test, hosts: readonly string[] = ['admin.example'], feed?: FeedServer) {
  const shown: {
    state: EngineState
    metrics: () => Promise<string>
    limits: number[]
    asked: BypassRequest[]
    answer: BypassAnswer | undefined
  } = {
    state: 'ready',
    metrics: () => Promise.resolve('a 1\n'),
    limits: [],
    asked: [],
    answer: { revoked: 1, bypasses: BYPASSES },
  }
  const server = new AdminServer(
    {
      instanceId: 'i',
      version: '1.2.3',
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      metrics: () => shown.metrics(),
      state: () => shown.state,
      flows: (limit) => {
        shown.limits.push(limit)
        return { open: 1, flows: [{ flow_id: 'i-1' }] }
      },
      bypasses: (request) => {
        shown.asked.push(request)
        return Promise.resolve(shown.answer)
      },
    },
    hosts,
    feed,
  )
  const address = await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  return { address, shown, server }
}

t.test('every page', async (t) => {
  const { address, shown } = await start(t)
  t.not(address.port, 0)
  const index = await ask(address, '/')
  t.match(JSON.parse(index.body), { name: 'soth-mitm', version: '1.2.3', state: 'ready' })
  t.match(index.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  const metrics = await ask(address, '/metrics?x=1')
  t.match(metrics, { status: 200, body: 'a 1\n', headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
  t.match(await ask(address, '/healthz'), { status: 200, body: '{"status":"ok"}\n' })
  t.match(JSON.parse((await ask(address, '/flows')).body), { open: 1, flows: [{ flow_id: 'i-1' }] })
  t.equal((await ask(address, '/flows?limit=7')).status, 200)
  t.same(shown.limits, [100, 7])
  for (const limit of ['-1', '1.5', 'x', '1001', '', '0x1']) {
    t.match(await ask(address, `/flows?limit=${limit}`), { status: 400, body: /limit_invalid/ }, limit)
  }
  const schema = await ask(address, '/events/schema.json')
  t.match(schema.headers, { 'content-type': /^application\/schema\+json/ })
  t.match(JSON.parse(schema.body), { $schema: /2020-12/ })
  const missing = await ask(address, '/nothing')
  t.match(missing, { status: 404, headers: { 'content-type': /^application\/json/ } })
  t.match(JSON.parse(missing.body), { error: 'not_found' })
})

t.test('/readyz says why not', async (t) => {
  const { address, shown } = await start(t)
  for (const [state, status] of [
    ['starting', 503],
    ['ready', 200],
    ['draining', 503],
    ['closed', 503],
  ] as const) {
    shown.state = state
    t.match(await ask(address, '/readyz'), { status, body: `{"status":"${state}"}\n` })
  }
})

t.test('HEAD has the head of GET and no body; other methods are refused', async (t) => {
  const { address } = await start(t)
  const head = await ask(address, '/metrics', { method: 'HEAD' })
  t.match(head, { status: 200, body: '', headers: { 'content-length': '4' } })
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    const answer = await ask(address, '/metrics', { method })
    t.match(answer, { status: 405, headers: { allow: 'GET, HEAD', connection: 'close' } }, method)
  }
})

t.test('the Host header is checked before anything is shown', async (t) => {
  const { address } = await start(t)
  t.match(await ask(address, '/flows', { headers: { host: 'attacker.example' } }), { status: 421, body: /host_not_allowed/ })
  t.match(await ask(address, '/flows', { headers: { host: 'admin.example:80' } }), { status: 200 })
  t.match(await raw(address, 'GET /flows HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 .*host_malformed/s)
  t.match(await raw(address, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
  t.match(await raw(address, 'GET /flows HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n'), /^HTTP\/1\.1 400 /)
})

t.test('absolute-form is taken as origin-form is, and its authority for Host (RFC 9112 §3.2.2)', async (t) => {
  const { address } = await start(t)
  const get = (target: string) => raw(address, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  t.match(await get('http://127.0.0.1/healthz'), /^HTTP\/1\.1 200 [\s\S]*"ok"/)
  t.match(await get('http://localhost:1/flows?limit=x'), /^HTTP\/1\.1 400 [\s\S]*limit_invalid/, 'with its query')
  t.match(await get('http://localhost'), /^HTTP\/1\.1 200 [\s\S]*"paths"/, 'without a path')
  t.match(await get('http://attacker.example/flows'), /^HTTP\/1\.1 421 /)
  t.match(await get('ftp://localhost/flows'), /^HTTP\/1\.1 400 /)
})

t.test('a head beyond the limit is refused', async (t) => {
  const { address } = await start(t)
  t.match(await raw(address, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
})

t.test('what goes wrong in a source is a 500, and the next request is served', async (t) => {
  const { address, shown } = await start(t)
  shown.metrics = () => Promise.reject(new Error('no'))
  t.match(await ask(address, '/metrics'), { status: 500, body: /internal_error/ })
  t.equal((await ask(address, '/healthz')).status, 200)
})

t.test('an address in use is the system’s error; close ends open connections', async (t) => {
  const { address, server } = await start(t)
  const second = new AdminServer({} as AdminSources, [])
  await t.rejects(second.listen(address), { code: 'EADDRINUSE' })
  const socket = connect(address.port, address.host)
  await new Promise((resolve) => socket.once('connect', resolve))
  const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve))
  await server.close()
  await closed
  t.pass('closed')
})

t.test('bypasses: listed to anyone, revoked for tools alone', async (t) => {
  const { address, shown } = await start(t)
  const marked = { 'X-Soth-Admin': '1' }
  t.same(JSON.parse((await ask(address, '/bypasses')).body), {
    bypasses: [
      { client: '10.0.0.1', host: 'a.example', origin: 'configured' },
      { client: '10.0.0.2', host: 'b.example', origin: 'learned', learned_unix_ms: 5, expires_unix_ms: 9 },
    ],
  })
  const one = '/bypasses?host=a.example&client=10.0.0.1'
  const REFUSED: readonly (readonly [Record<string, string>, string])[] = [
    [{}, 'header_missing'],
    [{ ...marked, Origin: 'http://evil.example' }, 'browser_refused'],
    [{ ...marked, Origin: 'null' }, 'browser_refused'],
    [{ ...marked, 'Sec-Fetch-Site': 'same-origin' }, 'browser_refused'],
  ]
  for (const [headers, error] of REFUSED) {
    const answer = await ask(address, one, { method: 'DELETE', headers })
    t.equal(answer.status, 403)
    t.equal(JSON.parse(answer.body).error, error)
  }
  t.match(await ask(address, one, { method: 'DELETE', headers: { ...marked, host: 'rebound.example' } }), { status: 421 })
  t.match(await ask(address, '/bypasses', { method: 'DELETE', headers: marked }), { status: 400 })
  t.match(await ask(address, '/flows', { method: 'DELETE', headers: marked }), { status: 405, headers: { allow: 'GET, HEAD' } })
  t.match(await ask(address, one, { method: 'OPTIONS', headers: { Origin: 'http://evil.example' } }), { status: 405 }, 'no preflight')
  t.match(await ask(address, one, { method: 'POST', headers: marked }), { status: 405, headers: { allow: 'GET, HEAD, DELETE' } })
  t.same(shown.asked, [{ kind: 'list' }], 'nothing that was refused has been asked')
  const revoked = await ask(address, one, { method: 'DELETE', headers: marked })
  t.match(JSON.parse(revoked.body), { revoked: 1 })
  await ask(address, '/bypasses?host=a.example', { method: 'DELETE', headers: marked })
  t.same(shown.asked.slice(1), [
    { kind: 'revoke', host: 'a.example', client: '10.0.0.1' },
    { kind: 'revoke', host: 'a.example', client: undefined },
  ])
  shown.answer = undefined
  t.match(await ask(address, '/bypasses'), { status: 504 })
})

t.test('an answer that nobody takes ends the connection, and others are served meanwhile', async (t) => {
  const { address, shown } = await start(t)
  // More than the system keeps for a reader who reads nothing.
  shown.metrics = () => Promise.resolve(`a 1\n`.repeat(4_194_304))
  const began = performance.now()
  const stalled = connect(address.port, address.host, () => stalled.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'))
  stalled.on('error', () => undefined).pause()
  await once(stalled, 'connect')
  t.match(await ask(address, '/healthz'), { status: 200 })
  // The client itself cannot see it before it has read what has come.
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  await until(() => sockets() === 1, 'the server has let go of it')
  t.ok(performance.now() - began >= ADMIN_STALL_MS - 1_000)
  stalled.destroy()
})

t.test('a refused upgrade ends the connection, whether or not the client closes its side', async (t) => {
  const feed = { accept: () => ({ status: 503, error: 'closing', message: 'no' }) } as unknown as FeedServer
  const { address } = await start(t, [], feed)
  const fields = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  for (const [host, status] of [
    ['localhost', 503],
    ['evil.example', 421],
  ] as const) {
    const socket = connect({ port: address.port, host: address.host, allowHalfOpen: true })
    let received = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk
    })
    socket.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`)
    await once(socket, 'end')
    t.match(received, `HTTP/1.1 ${status}`)
    // A server that keeps its side answers what comes now by nothing.
    const reset = once(socket, 'error')
    const writing = setInterval(() => socket.write('more'), 10)
    t.match(await reset, [{ code: /^(EPIPE|ECONNRESET)$/ }])
    clearInterval(writing)
    socket.destroy()
  }
})

t.test('a head that does not come to its end', async (t) => {
  const { address } = await start(t)
  const began = performance.now()
  const socket = connect(address.port, address.host, () => socket.write('GET / HT'))
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk
  })
  await new Promise((resolve) => socket.on('close', resolve).on('error', resolve))
  t.match(received, /^HTTP\/1\.1 408 /)
  t.ok(performance.now() - began < 20_000, 'some 6 s on an idle machine')
})
