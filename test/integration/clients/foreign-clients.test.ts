/**
 * Real clients through the engine: curl, undici, node:https, Python and openssl, on worker threads and inline. What they get is
 * what the origin sent; what the engine tells keeps the laws.
 */

import { once } from 'node:events'
import { get, request as plainRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { ProxyAgent, request } from 'undici'
import { EngineHarness } from '../../support/engine-harness.ts'
import { PAGE, servePages } from '../../support/origins/page-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { startHttpOrigin, startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, async (t) => {
    t.test('curl', { skip: lacks('curl') }, async (t) => {
      const origin = await startHttpsOrigin(servePages)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers })
      const base = `https://localhost:${origin.port}`
      const curl = async (...args: string[]) => {
        const result = await runCommand('curl', ['-sS', '-x', harness.proxyUrl, '--cacert', harness.caFile, '--http1.1', ...args])
        return `${result.code} ${result.stdout}${result.stderr}`
      }
      t.equal(await curl(base), `0 ${PAGE}`)
      t.equal(await curl(`${base}/data.json`, `${base}/echo`), '0 {"ok":true}GET none 0', 'keep-alive')
      t.match(await curl('-I', `${base}/data.json`), /^0 HTTP[\s\S]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/, 'HEAD')
      t.equal(await curl('-d', 'a=1', `${base}/echo`), '0 POST 3 3')
      t.equal(await curl('-H', 'Expect: 100-continue', '-d', 'x'.repeat(100_000), `${base}/echo`), '0 POST 100000 100000')
      t.equal(await curl('-H', 'Transfer-Encoding: chunked', '-d', 'chunky', `${base}/echo`), '0 POST chunked 6')
      t.equal(await curl('-L', `${base}/redirect`), '0 {"ok":true}')
      t.equal(await curl(`${base}/chunks`), '0 one,two')
      t.equal(await curl('--http1.0', '--no-alpn', `${base}/chunks`), '0 one,two', 'HTTP/1.0')
      t.equal(await curl(`${base}/early`), '0 late')
      t.equal(await curl('-o', '/dev/null', '-w', '%{http_code}', `${base}/none`), '0 404')
      await harness.checkLaws(t, 11)
      t.match(
        harness.named('informational_response').map((event) => event.status),
        [100, 103],
      )
      t.match(harness.named('tls_handshake_succeeded')[1], { side: 'client', alpn: 'http/1.1', version: 'TLSv1.3' })
      t.equal(harness.exchangeEnds().length, 13)
      t.same(new Set(harness.exchangeEnds().map((event) => event.close_reason)), new Set(['completed']))
    })

    t.test('curl with --proxy-user', { skip: lacks('curl') }, async (t) => {
      const origin = await startHttpsOrigin(servePages)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers, proxy_auth: { users: [{ name: 'ann', password: 'se:cret' }] } })
      const args = ['-sS', '-x', harness.proxyUrl, '--cacert', harness.caFile, `https://localhost:${origin.port}/data.json`]
      t.match(await runCommand('curl', ['--proxy-user', 'ann:se:cret', ...args]), { code: 0, stdout: '{"ok":true}' })
      t.match(await runCommand('curl', ['--proxy-user', 'ann:wrong', ...args]), { code: 56, stderr: /407/ })
      t.match(await runCommand('curl', args), { code: 56, stderr: /407/ })
      await harness.checkLaws(t, 3)
      t.same(
        harness
          .flowEnds()
          .map((event) => `${event.close_reason} ${event.detail ?? ''}`)
          .sort(),
        ['refused proxy_auth_invalid', 'refused proxy_auth_required', 'relay_eof '],
      )
      const [fields] = harness.named('connect_received').map((event) => event.fields?.find(([name]) => name === 'Proxy-Authorization'))
      t.equal(fields?.[1], '[redacted]')
      const metrics = await harness.metrics()
      t.equal(metrics.value('soth_mitm_connections_refused_total', { reason: 'proxy_auth_required' }), 1)
      t.equal(metrics.value('soth_mitm_connections_refused_total', { reason: 'proxy_auth_invalid' }), 1)
    })

    t.test('undici and node:https', async (t) => {
      const origin = await startHttpsOrigin(servePages)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers })
      const base = `https://localhost:${origin.port}`
      const agent = new ProxyAgent({ uri: harness.proxyUrl, requestTls: { ca: harness.caPem } })
      for (let n = 0; n < 5; n++) {
        const { body, statusCode } = await request(`${base}/echo`, { dispatcher: agent, method: 'PUT', body: 'x'.repeat(n * 10_000) })
        t.equal(`${statusCode} ${await body.text()}`, `200 PUT ${n * 10_000} ${n * 10_000}`)
      }
      const pages = await Promise.all(Array.from({ length: 8 }, () => request(`${base}/`, { dispatcher: agent })))
      for (const { body } of pages) t.equal(await body.text(), PAGE)
      await agent.close()
      const tunnel = plainRequest({ port: harness.proxyPort, method: 'CONNECT', path: `localhost:${origin.port}` }).end()
      const [, socket] = await once(tunnel, 'connect')
      const createConnection = () => connectTls({ socket, servername: 'localhost', ca: harness.caPem })
      const call = httpsRequest({ createConnection, host: 'localhost', path: '/chunks' } as object).end()
      const [reply] = await once(call, 'response')
      t.equal((await reply.setEncoding('utf8').toArray()).join(''), 'one,two')
      socket.destroy()
      await harness.settled(1)
      await harness.checkLaws(t, harness.flowEnds().length)
      t.equal(harness.exchangeEnds().length, 14)
    })

    t.test('a plain request by node:http', async (t) => {
      const origin = await startHttpOrigin(servePages)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers })
      const call = get({ port: harness.proxyPort, path: `http://localhost:${origin.port}/data.json`, headers: { host: 'localhost' } })
      const [reply] = await once(call, 'response')
      t.equal((await reply.setEncoding('utf8').toArray()).join(''), '{"ok":true}')
      call.destroy()
      await harness.checkLaws(t, 1)
    })

    t.test('Python', { skip: lacks('python3') }, async (t) => {
      const origin = await startHttpsOrigin(servePages)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers })
      const program = [
        'import sys, urllib.request',
        'proxies = urllib.request.ProxyHandler({"https": sys.argv[1]})',
        'opener = urllib.request.build_opener(proxies)',
        'for path in ["/", "/echo", "/chunks"]:',
        '    data = b"posted" if path == "/echo" else None',
        '    print(opener.open(sys.argv[2] + path, data, timeout=60).read().decode(), end="|")',
      ].join('\n')
      const result = await runCommand('python3', ['-c', program, harness.proxyUrl, `https://localhost:${origin.port}`], {
        env: { SSL_CERT_FILE: harness.caFile },
      })
      t.match(result, { code: 0, stdout: `${PAGE}|POST 6 6|one,two|` })
      await harness.checkLaws(t, 3)
    })

    t.test('openssl s_client', { skip: lacks('openssl', 'version') }, async (t) => {
      const origin = await startHttpsOrigin(servePages)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers })
      const args = [
        's_client',
        '-proxy',
        `127.0.0.1:${harness.proxyPort}`,
        '-connect',
        `localhost:${origin.port}`,
        '-servername',
        'localhost',
      ]
      for (const version of ['-tls1_2', '-tls1_3']) {
        const result = await runCommand('openssl', [...args, version, '-CAfile', harness.caFile, '-verify_return_error', '-ign_eof'], {
          input: 'GET /data.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
        })
        t.match(result, { code: 0, stdout: /Verify return code: 0 \(ok\)[\s\S]*\{"ok":true\}/ }, version)
      }
      await harness.checkLaws(t, 2)
    })
  })
}
