/**
 * A reused connection that its origin loses before it has answered anything: what may be asked again is, once, on a fresh connection, and
 * the client sees the answer. RFC 9110 §9.2.2, RFC 9112 §9.3.1.
 */

import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { LOSSES, LosingOrigin, type Loss } from '../../support/harnesses/losing-origin.ts'
import { openSecure, type Received } from '../../support/proxy-client.ts'

t.setTimeout(900_000)

const request = (method: string, target: string, more = '', body = '') =>
  `${method} ${target} HTTP/1.1\r\nHost: origin\r\n${more}\r\n${body}`

interface Setup {
  readonly origin: LosingOrigin
  readonly harness: EngineHarness
  readonly open: () => Promise<Received>
}

async function setUp(t: Test, options: object = {}): Promise<Setup> {
  const origin = await LosingOrigin.start(t)
  const harness = await EngineHarness.start(t, { workers: 1, upstream: { verify: false }, ...options })
  return { origin, harness, open: () => openSecure(harness.proxyPort, origin.authority, harness.caPem) }
}

/** A client that asks and leaves; its connection to the origin is parked behind it. */
async function park({ open }: Setup): Promise<void> {
  const client = await open()
  client.socket.write(request('GET', '/first'))
  await client.has('/first')
  client.socket.end()
  await client.over()
}

/** The connection that has answered `/first` is lost by what comes next. */
function losesTheFirst(origin: LosingOrigin, loss: Loss): void {
  const first = origin.connections + 1
  origin.onRequest = (connection, method, target) => {
    if (target === '/first' || origin.connections > first) connection.answer(target, method)
    else connection.lose(loss)
  }
}

for (const loss of LOSSES) {
  t.test(`asked again: ${loss}`, async (t) => {
    const setup = await setUp(t)
    const { origin, harness, open } = setup
    const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']
    for (const method of methods) {
      origin.asked.length = 0
      losesTheFirst(origin, loss)
      const first = origin.connections + 1
      await park(setup)
      const client = await open()
      const asked = request(method, '/second', 'Content-Length: 0\r\n')
      client.socket.write(asked)
      await client.has(method === 'HEAD' ? '\r\n\r\n' : '/second')
      t.match(client.text, /^HTTP\/1.1 200 OK/)
      t.strictSame(origin.asked, [`${first} GET /first`, `${first} ${method} /second`, `${first + 1} ${method} /second`])
      client.socket.write(request('POST', '/third'))
      await client.has('/third')
      client.socket.end()
      await client.over()
      t.equal(origin.octets[first + 1], asked.length + request('POST', '/third').length, 'and nothing else')
    }
    await harness.checkLaws(t, 2 * methods.length)
    const reopened = harness.named('origin_reopened')
    t.equal(reopened.length, methods.length)
    for (const [n, event] of reopened.entries()) t.equal(event.octets, request(methods[n] ?? '', '/second', 'Content-Length: 0\r\n').length)
    t.equal(harness.exchangeEnds().length, 3 * methods.length, 'each exchange once')
    t.equal((await harness.metrics()).value('soth_mitm_origin_connections_reopened_total'), methods.length)
  })
}

t.test('pipelined requests are asked again in their order, if all of them may be', async (t) => {
  const setup = await setUp(t)
  const { origin, open } = setup
  losesTheFirst(origin, 'destroy')
  await park(setup)
  const client = await open()
  client.socket.write(request('GET', '/a') + request('HEAD', '/b') + request('GET', '/c'))
  await client.has('/c')
  t.strictSame(
    origin.asked.filter((asked) => asked.startsWith('2 ')),
    ['2 GET /a', '2 HEAD /b', '2 GET /c'],
  )
  client.socket.destroy()
})

/** What is not asked again, and what the origin has sent before it is gone. */
const NEVER: readonly (readonly [name: string, request: string, before?: string])[] = [
  ['POST', request('POST', '/second', 'Content-Length: 0\r\n')],
  ['an unknown method', request('get', '/second')],
  ['GET with a body', request('GET', '/second', 'Content-Length: 2\r\n', 'ab')],
  ['PUT with a chunked body', request('PUT', '/second', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['a POST behind a GET', request('GET', '/second') + request('POST', '/third')],
  ['more than is kept', request('GET', '/second', `X-Long: ${'x'.repeat(17_000)}\r\n`)],
  ['half an answer', request('GET', '/second'), 'HTTP/1.1 2'],
  ['an interim answer', request('GET', '/second'), 'HTTP/1.1 103 Early Hints\r\n\r\n'],
]

t.test('never asked again', async (t) => {
  for (const loss of ['end', 'reset'] as const) {
    const setup = await setUp(t)
    const { origin, harness, open } = setup
    for (const [name, asked, before] of NEVER) {
      await park(setup)
      origin.onRequest = (connection, _method, target) => {
        if (target === '/first') connection.answer(target)
        else if (before === undefined) connection.lose(loss)
        else {
          connection.write(before)
          setTimeout(() => connection.lose(loss), 20)
        }
      }
      origin.asked.length = 0
      const client = await open()
      client.socket.write(asked)
      await client.over()
      t.equal(new Set(origin.asked).size, origin.asked.length, `${name}: ${origin.asked}`)
      t.equal(new Set(origin.asked.map((asked) => asked.split(' ')[0])).size, 1, `${name}: on one connection`)
      if (before === undefined) t.match(client.text, /^HTTP\/1.1 502 [\s\S]*the request was not sent again/, `${name}: ${loss}`)
    }
    await harness.checkLaws(t, 2 * NEVER.length)
    t.equal(harness.named('origin_reopened').length, 0)
  }
})

t.test('lost before anything was asked: whatever comes then is asked for the first time', async (t) => {
  for (const loss of LOSSES) {
    const setup = await setUp(t)
    const { origin, harness, open } = setup
    await park(setup)
    const client = await open()
    origin.connection?.lose(loss)
    await until(async () => {
      await harness.engine.flush()
      return harness.named('origin_reopened').length === 1
    }, 'the fresh connection')
    client.socket.write(request('POST', '/second', 'Content-Length: 0\r\n'))
    await client.has('/second')
    client.socket.destroy()
    t.strictSame(origin.asked, ['1 GET /first', '2 POST /second'], loss)
    await harness.checkLaws(t, 2)
    t.match(harness.named('origin_reopened'), [{ octets: 0 }])
  }
})

t.test('once: a fresh connection that is lost, too, is what the client sees', async (t) => {
  const setup = await setUp(t)
  const { origin, harness, open } = setup
  origin.onRequest = (connection, _method, target) => (target === '/first' ? connection.answer(target) : connection.lose('destroy'))
  await park(setup)
  const client = await open()
  client.socket.write(request('GET', '/second'))
  await client.over()
  t.equal(client.text, '')
  t.strictSame(origin.asked, ['1 GET /first', '1 GET /second', '2 GET /second'])
  await harness.checkLaws(t, 2)
})

t.test('an origin that takes no fresh connection: the client is told that', async (t) => {
  const setup = await setUp(t)
  const { origin, harness, open } = setup
  losesTheFirst(origin, 'end')
  await park(setup)
  const client = await open()
  origin.server.close()
  client.socket.write(request('GET', '/second', 'Accept: application/json\r\n'))
  await client.over()
  t.match(client.text, /^HTTP\/1.1 502 [\s\S]*application\/json[\s\S]*"origin_refused"/, 'in the form that the request wants')
  await harness.checkLaws(t, 2)
})

t.test('a client that leaves while the fresh connection is opened takes it along', async (t) => {
  const setup = await setUp(t)
  const { origin, harness, open } = setup
  losesTheFirst(origin, 'destroy')
  await park(setup)
  const client = await open()
  origin.isSilent = true
  client.socket.write(request('GET', '/second'))
  await until(() => origin.transports.length === 2, 'the fresh connection')
  client.transport.resetAndDestroy()
  await until(() => origin.transports[1]?.closed === true, 'its end')
  await harness.checkLaws(t, 2)
  t.match(harness.flowEnds()[1], { close_reason: 'client_reset' })
  t.equal(harness.named('tls_handshake_failed').length, 0, 'which is no failure of the origin')
})

t.test('nothing is asked again where a fault is at work on the connection', async (t) => {
  const setup = await setUp(t)
  const { origin, harness, open } = setup
  losesTheFirst(origin, 'destroy')
  await park(setup)
  const fault = { kind: 'reset', direction: 'to_client', after_bytes: 1_000_000 } as const
  await harness.engine.reload({ ...harness.options, rules: [{ match: { host: '127.0.0.1' }, action: 'intercept', fault }] })
  const client = await open()
  client.socket.write(request('GET', '/second'))
  await client.over()
  t.match(client.text, /^HTTP\/1.1 502 /)
  t.strictSame(origin.asked, ['1 GET /first', '1 GET /second'])
  await harness.checkLaws(t, 2)
  t.equal(harness.named('origin_reopened').length, 0)
})

t.test('a thousand clients of an origin that closes as their requests come: each has its own answer, none is answered twice', async (t) => {
  const setup = await setUp(t)
  const { origin, harness, open } = setup
  const CLIENTS = 1_000
  const AT_A_TIME = 8
  let asked = 0
  const used = new WeakSet<object>()
  origin.onRequest = (connection, _method, target) => {
    asked++
    if (used.has(connection) && asked % 3 !== 0) {
      connection.lose(LOSSES[asked % LOSSES.length] as Loss)
      return
    }
    used.add(connection)
    connection.answer(target)
    // About when the next client's request is on its way: in order, so that no answer is lost.
    if (asked % 5 === 0) setTimeout(() => connection.lose('end'), (asked % 7) * 2)
  }
  let next = 0
  const wrong: string[] = []
  const clients = async () => {
    while (next < CLIENTS) {
      const target = `/client-${next++}`
      const client = await open()
      client.socket.write(request('GET', target))
      await client.until(({ text, ended }) => text.endsWith(target) || ended, 'an answer')
      if (!client.text.endsWith(`\r\n\r\n${target}`)) wrong.push(`${target}: ${client.text}`)
      client.socket.end()
      await client.over()
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, clients))
  t.strictSame(wrong, [])
  t.equal(origin.answered.length, CLIENTS, 'one answer for each')
  t.equal(new Set(origin.answered).size, CLIENTS, 'none twice')
  await harness.checkLaws(t, CLIENTS)
  const { length } = harness.named('origin_reopened')
  t.comment(`${length} of ${CLIENTS} asked again, ${harness.named('origin_reused').length} reused`)
  t.ok(length > CLIENTS / 10, `${length} times`)
})
