/**
 * Tunnelled and blocked flows: every byte as it came, counted; half-closes kept; a server that speaks first; policy's own answers.
 */

import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openProxy, openSecure, openTunnel, Received } from '../../support/proxy-client.ts'
import { ORIGIN_ROOT, startHttpsOrigin, startTcpOrigin } from '../../support/test-origin.ts'

const BYTES = 2_000_000

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, async (t) => {
    t.test('raw bytes both ways, counted; half-closes kept', async (t) => {
      const sent = randomBytes(BYTES)
      let got = ''
      const origin = await startTcpOrigin((socket) => {
        const received = new Received(socket)
        socket.on('end', () => {
          got = digest(received.bytes)
          // The client has half-closed and still reads.
          socket.end(received.bytes.subarray(0, BYTES / 2))
        })
      })
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers, default_action: 'tunnel' })
      const client = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${origin.port}`))
      client.socket.end(sent)
      await client.over()
      t.equal(got, digest(sent))
      t.equal(digest(client.bytes), digest(sent.subarray(0, BYTES / 2)))
      await harness.checkLaws(t, 1)
      t.match(harness.flowEnds(), [{ close_reason: 'relay_eof', protocol: 'tunnel', bytes_client: BYTES, bytes_origin: BYTES / 2 }])
      t.match(harness.named('connect_decision'), [{ decision: 'tunnel', rule: 'default', phase: 'connect' }])
    })

    t.test('the origin half-closes first', async (t) => {
      let got = ''
      const origin = await startTcpOrigin((socket) => {
        socket.end('that is all')
        socket.on('data', (chunk) => {
          got += chunk.toString()
        })
      })
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers, default_action: 'tunnel' })
      const client = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${origin.port}`))
      await client.until(() => client.ended, 'the FIN of the origin')
      client.socket.end('not for me')
      await client.until(() => client.closed, 'the close')
      await harness.checkLaws(t, 1)
      t.equal(`${client.text}, ${got}`, 'that is all, not for me')
    })

    t.test('TLS passes unopened, under the certificate of the origin', async (t) => {
      const origin = await startHttpsOrigin((_request, response) => void response.end('sealed'))
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers, ignore_hosts: ['localhost'] })
      const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, ORIGIN_ROOT.certificatePem)
      client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
      await client.over()
      t.match(client.text, /sealed$/)
      await harness.checkLaws(t, 1)
      t.match(harness.named('connect_decision'), [{ decision: 'tunnel' }])
      t.same(harness.named('request_headers'), [])
    })

    t.test('a server that speaks first, and one that nobody talks to', async (t) => {
      const origin = await startTcpOrigin((socket) => {
        socket.write('220 mail\r\n')
        socket.on('data', (chunk) => void socket.write(`250 ${chunk.toString()}`))
        socket.on('end', () => socket.end())
      })
      const silent = await startTcpOrigin(() => undefined)
      t.teardown(() => Promise.all([origin.close(), silent.close()]))
      const harness = await EngineHarness.start(t, { workers, limits: { handshake_timeout_ms: 3_000 } })
      const client = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${origin.port}`))
      await client.has('220 mail')
      client.socket.write('HELO x\r\n')
      await client.has('250 HELO x')
      client.socket.end()
      await client.over()
      const mute = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${silent.port}`))
      await mute.over()
      t.equal(mute.text, '')
      await harness.checkLaws(t, 2)
      t.match(harness.flowEnds(), [{ close_reason: 'relay_eof', protocol: 'tunnel' }, { close_reason: 'stage_timeout' }])
    })

    t.test('a reset of either side is a reset of the other', async (t) => {
      const origin = await startTcpOrigin((socket) => {
        socket.on('data', (chunk) => {
          if (chunk.includes('reset me')) socket.resetAndDestroy()
          else socket.write(chunk)
        })
      })
      const errors: string[] = []
      const watching = await startTcpOrigin((socket) => {
        socket.write('hello')
        socket.on('error', (error: NodeJS.ErrnoException) => void errors.push(error.code ?? ''))
        socket.on('end', () => void errors.push('FIN'))
        socket.resume()
      })
      t.teardown(() => Promise.all([origin.close(), watching.close()]))
      const harness = await EngineHarness.start(t, { workers, default_action: 'tunnel' })
      const client = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${origin.port}`))
      client.socket.write('reset me')
      await client.until(() => client.closed, 'the reset')
      t.equal(client.error?.code, 'ECONNRESET')
      const other = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${watching.port}`))
      await other.has('hello')
      other.socket.resetAndDestroy()
      await harness.checkLaws(t, 2)
      t.match(harness.flowEnds(), [
        { close_reason: 'upstream_reset', detail: 'ECONNRESET' },
        { close_reason: 'client_reset', detail: 'ECONNRESET' },
      ])
      t.same(errors, ['ECONNRESET'])
    })

    t.test('block: answered at once, the origin never dialled', async (t) => {
      const origin = await startTcpOrigin(() => undefined)
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, {
        workers,
        rules: [
          { name: 'plain', match: { host: '127.0.0.1' }, action: 'block' },
          { name: 'worded', match: { host: '.example' }, action: 'block', status: 451, body: 'not here' },
        ],
      })
      const plain = openProxy(harness.proxyPort)
      plain.socket.write(`CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\nAccept: application/json\r\n\r\n`)
      await plain.over()
      t.match(plain.text, /^HTTP\/1\.1 403 [\s\S]*"code":"policy_blocked"[\s\S]*rule plain/)
      const worded = openProxy(harness.proxyPort)
      worded.socket.write('CONNECT a.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01')
      await worded.over()
      t.match(worded.text, /^HTTP\/1\.1 451 [\s\S]*\r\n\r\nnot here$/)
      t.equal(origin.connections, 0)
      await harness.checkLaws(t, 2)
      t.match(harness.flowEnds(), [{ close_reason: 'blocked' }, { close_reason: 'blocked' }])
      t.match(harness.named('connect_decision'), [
        { decision: 'block', rule: 'plain', code: 'policy_blocked' },
        { decision: 'block', rule: 'worded' },
      ])
    })
  })
}
