/**
 * Plain proxying: absolute-form requests, many on one client connection, each to the origin that it names.
 */

import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openProxy, Received } from '../../support/proxy-client.ts'
import { startHttpOrigin, startTcpOrigin, type TestOrigin } from '../../support/test-origin.ts'

/** An origin that answers each request with its name and what it was asked. */
function named(name: string): Promise<TestOrigin> {
  return startHttpOrigin((request, response) => {
    const fields = Object.keys(request.headers).sort().join(',')
    request.resume()
    response.end(`[${name} ${request.method} ${request.url} host=${request.headers.host} ${fields}]`)
  })
}

function get(port: number, path: string, fields = ''): string {
  return `GET http://127.0.0.1:${port}${path} HTTP/1.1\r\nHost: wrong.example\r\n${fields}\r\n`
}

function count(text: string, part: string): number {
  return text.split(part).length - 1
}

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, async (t) => {
    const [one, two] = await Promise.all([named('one'), named('two')])
    t.teardown(() => Promise.all([one.close(), two.close()]))

    t.test('several origins on one connection, in turn and pipelined', async (t) => {
      const harness = await EngineHarness.start(t, { workers })
      const client = openProxy(harness.proxyPort)
      client.socket.write(get(one.port, '/a', 'Proxy-Connection: keep-alive\r\nConnection: x-hop\r\nX-Hop: 1\r\nX-End: 2\r\n'))
      await client.has(`[one GET /a host=127.0.0.1:${one.port} host,x-end]`)
      client.socket.write(get(two.port, '/b'))
      await client.has('[two GET /b')
      client.socket.write(get(one.port, '/c') + get(two.port, '/d') + get(two.port, '/e') + get(one.port, '/f'))
      await client.has('[one GET /f')
      t.ok(/GET \/c[\s\S]*GET \/d[\s\S]*GET \/e[\s\S]*GET \/f/.test(client.text), 'answers in the order of the requests')
      t.equal(count(client.text, 'HTTP/1.1 200 OK'), 6)
      t.notMatch(client.text, /via/i)
      client.socket.end()
      await client.over()
      await harness.checkLaws(t, 1)
      t.same(
        harness.named('request_headers').map((event) => event.server_port),
        [one, two, one, two, two, one].map((origin) => origin.port),
        'each exchange is told with its own origin',
      )
      t.equal(harness.flowEnds()[0]?.protocol, 'http1')
    })

    t.test('Connection: close of the client, and HTTP/1.0', async (t) => {
      const harness = await EngineHarness.start(t, { workers })
      const closing = openProxy(harness.proxyPort)
      closing.socket.write(get(one.port, '/1') + get(one.port, '/2', 'Connection: close\r\n'))
      await closing.over()
      t.equal(count(closing.text, '[one'), 2)
      t.equal(count(closing.text, 'Connection: close'), 1, 'the last answer announces the close')
      const old = openProxy(harness.proxyPort)
      old.socket.write(`GET http://127.0.0.1:${one.port}/old HTTP/1.0\r\n\r\n`)
      await old.over()
      t.match(old.text, /\[one GET \/old host=127\.0\.0\.1:\d+ connection,host\]/)
      await harness.checkLaws(t, 2)
      t.same(
        harness.exchangeEnds().map((event) => event.close_reason),
        ['completed', 'completed', 'completed'],
      )
    })

    t.test('via, when asked for', async (t) => {
      const harness = await EngineHarness.start(t, { workers, upstream: { via: true } })
      const client = openProxy(harness.proxyPort)
      client.socket.write(get(one.port, '/', 'Connection: close\r\n'))
      await client.over()
      t.match(client.text, /Via: 1\.1 soth-mitm[\s\S]*connection,host,via\]/)
    })

    t.test('what is no origin: self, page, refused, unresolvable, blocked; first or later', async (t) => {
      const dead = await startTcpOrigin(() => undefined)
      await dead.close()
      const harness = await EngineHarness.start(t, {
        workers,
        rules: [{ name: 'no', match: { host: 'blocked.example' }, action: 'block' }],
      })
      const targets: readonly (readonly [target: string, status: number, code: string, reason: string])[] = [
        [`http://127.0.0.1:${harness.proxyPort}/`, 403, 'self_target', 'refused'],
        [`http://localhost:${harness.admin.split(':')[1]}/metrics`, 403, 'self_target', 'refused'],
        ['http://soth.mitm/', 200, 'text/html', 'completed'],
        ['http://soth.mitm/ca.pem', 200, 'BEGIN CERTIFICATE', 'completed'],
        ['http://soth.mitm/none', 404, 'page_not_found', 'completed'],
        [`http://127.0.0.1:${dead.port}/`, 502, 'origin_refused', 'upstream_connect_failed'],
        ['http://nowhere.invalid/', 502, 'origin_unresolvable', 'upstream_connect_failed'],
        ['http://blocked.example/', 403, 'policy_blocked', 'blocked'],
      ]
      let flows = 0
      for (const [target, status, text, reason] of targets) {
        const request = `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`
        const first = openProxy(harness.proxyPort)
        first.socket.write(request)
        await first.over()
        t.match(first.text, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*${text}`), `first: ${target}`)
        const later = openProxy(harness.proxyPort)
        later.socket.write(get(one.port, '/before'))
        await later.has('[one')
        later.socket.write(request + get(one.port, '/behind'))
        await later.over()
        t.match(later.text, new RegExp(`\\[one[\\s\\S]*HTTP/1\\.1 ${status} [\\s\\S]*${text}`), `later: ${target}`)
        t.notMatch(later.text, 'behind', 'nothing is asked behind an answer that closes')
        flows += 2
        await harness.settled(flows)
        t.match(harness.exchangeEnds().at(-1), { close_reason: reason, status }, `${target}: the exchange`)
      }
      await harness.checkLaws(t, flows)
      t.match(harness.named('response_headers').at(-1), { source: 'engine', status: 403 })
    })

    t.test('credentials are asked for with every request', async (t) => {
      const harness = await EngineHarness.start(t, { workers, proxy_auth: { users: [{ name: 'a', password: 'b' }] } })
      const credentials = 'Proxy-Authorization: Basic YTpi\r\n'
      const client = openProxy(harness.proxyPort)
      client.socket.write(get(one.port, '/1', credentials) + get(two.port, '/2', credentials) + get(one.port, '/3'))
      await client.over()
      t.match(client.text, /\[one GET \/1[^\]]* host\][\s\S]*\[two GET \/2[\s\S]*HTTP\/1\.1 407 [\s\S]*Proxy-Authenticate: Basic/)
      await harness.checkLaws(t, 1)
      t.match(harness.exchangeEnds().at(-1), { close_reason: 'refused', status: 407 })
    })

    t.test('an origin that closes between requests is dialled anew; one that closes inside an answer ends it', async (t) => {
      const closing = await startTcpOrigin((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbye!'))
      })
      const cut = await startTcpOrigin((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
      })
      const delimited = await startTcpOrigin((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'))
      })
      t.teardown(() => Promise.all([closing.close(), cut.close(), delimited.close()]))
      const harness = await EngineHarness.start(t, { workers })
      const client = openProxy(harness.proxyPort)
      for (let n = 1; n <= 3; n++) {
        client.socket.write(get(closing.port, `/${n}`))
        await client.until(() => count(client.text, 'bye!') === n, `answer ${n}`)
      }
      t.notMatch(client.text, 'Connection: close', 'the close of the origin is about its own hop')
      t.equal(closing.connections, 3)
      client.socket.write(get(delimited.port, '/'))
      await client.over()
      t.match(client.text, /Connection: close\r\n\r\nuntil the end$/)
      const short = openProxy(harness.proxyPort)
      short.socket.write(get(cut.port, '/'))
      await short.over()
      t.match(short.text, /half$/)
      await harness.checkLaws(t, 2)
      t.same(
        harness.exchangeEnds().map((event) => event.close_reason),
        ['completed', 'completed', 'completed', 'completed', 'upstream_closed_early'],
      )
    })

    t.test('upgrade: 101, then the bytes of another protocol', async (t) => {
      const upgrading = await startTcpOrigin((socket) => {
        socket.once('data', (head) => {
          t.match(head.toString(), /Connection: Upgrade\r\n/)
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
          socket.on('data', (chunk) => socket.write(chunk))
          socket.on('end', () => socket.end())
        })
      })
      t.teardown(() => upgrading.close())
      const harness = await EngineHarness.start(t, { workers })
      const client = openProxy(harness.proxyPort)
      client.socket.write(get(upgrading.port, '/', 'Connection: upgrade\r\nUpgrade: echo\r\n'))
      await client.has('\r\n\r\n')
      client.socket.write('GET is no HTTP here')
      await client.has('GET is no HTTP here')
      client.socket.end()
      await client.over()
      await harness.checkLaws(t, 1)
      t.match(harness.named('connection_upgraded'), [{ upgrade: 'echo' }])
    })

    t.test('a Unix socket, and IPv6', async (t) => {
      const v6 = await startHttpOrigin((_request, response) => void response.end('six'), '::1').catch(() => undefined)
      const path = join(tmpdir(), `soth-mitm-test-${process.pid}-${workers}.sock`)
      const harness = await EngineHarness.start(t, {
        workers,
        listen: [`unix:${path}`, ...(v6 === undefined ? [] : ['[::1]:0'])],
      })
      const client = new Received(connect({ path, allowHalfOpen: true }))
      client.socket.write(get(one.port, '/unix', 'Connection: close\r\n'))
      await client.over()
      t.match(client.text, '[one GET /unix')
      await harness.settled(1)
      t.equal(harness.flowEnds()[0]?.client_addr, 'unix')
      if (v6 === undefined) {
        t.comment('no IPv6 on this machine')
      } else {
        t.teardown(() => v6.close())
        const six = openProxy(harness.portOf(1), '::1')
        six.socket.write(`GET http://[::1]:${v6.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        await six.over()
        t.match(six.text, /six$/)
        await harness.settled(2)
        t.match(harness.flowEnds()[1], { client_addr: /^\[::1\]:\d+$/, server_host: '::1', server_port: v6.port })
      }
      await harness.checkLaws(t, v6 === undefined ? 1 : 2)
      await harness.engine.close()
      t.notOk(existsSync(path), 'the socket file is removed')
    })
  })
}
