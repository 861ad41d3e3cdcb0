/**
 * A worker that dies: every client of its sessions is told the end, whatever it speaks, each flow has its terminal event, and a
 * successor serves those that come next.
 */

import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { EngineHarness } from '../support/engine-harness.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { openHttp2, startHttp2Origin } from '../support/origins/http2-origin.ts'
import { openSecure, openTunnel, Received } from '../support/proxy-client.ts'
import { startHttpsOrigin, startTcpOrigin } from '../support/test-origin.ts'

t.setTimeout(600_000)

const threads: Worker[] = []
process.on('worker', (worker) => threads.push(worker))

t.test('clients of HTTP/2, HTTP/1.1 and of a tunnel see the end of a lost worker', async (t) => {
  const http2 = await startHttp2Origin(t, () => undefined)
  const https = await startHttpsOrigin(() => undefined)
  const tcp = await startTcpOrigin((socket) => {
    socket.write('hello')
    socket.on('end', () => socket.end()).resume()
  })
  t.teardown(() => Promise.all([https.close(), tcp.close()]))
  const harness = await EngineHarness.start(t, { rules: [{ match: { port: tcp.port }, action: 'tunnel' }] })

  const session = await openHttp2(harness, http2.port)
  const stream = session.request({ ':path': '/' })
  const streamGone = new Promise<void>((resolve) => stream.on('error', () => undefined).on('close', resolve))
  const sessionGone = new Promise<void>((resolve) => session.once('close', resolve))
  const secure = await openSecure(harness.proxyPort, `localhost:${https.port}`, harness.caPem)
  secure.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const tunnel = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${tcp.port}`))
  await tunnel.has('hello')

  // The aggregator is the first thread that an engine starts, its shard comes next.
  await threads[1]?.terminate()
  await Promise.all([streamGone, sessionGone, secure.over(), tunnel.over()])
  await harness.settled(3)
  t.same([...new Set(harness.flowEnds().map((event) => event.close_reason))], ['worker_lost'])

  // Until the successor has started, a client is asked to come again (503, Retry-After).
  await until(async () => {
    const next = await openTunnel(harness.proxyPort, `127.0.0.1:${tcp.port}`).catch(() => undefined)
    if (next === undefined) return false
    const received = new Received(next)
    await received.has('hello')
    next.destroy()
    return true
  }, 'a successor serves')
  await harness.checkLaws(t, 4)
})
