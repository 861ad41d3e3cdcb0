/**
 * Both tables of malformed input over real sockets: first heads at the listener, HTTP/1.1 messages inside an intercepted tunnel.
 * For each the exact answer, the exact event, and in the end the exact metrics.
 */

import t from 'tap'
import { CLIENT } from '../../../src/shared/side.ts'
import { malformedHeads } from '../../acceptor/malformed-heads.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openProxy, openSecure } from '../../support/proxy-client.ts'
import { startTlsOrigin } from '../../support/test-origin.ts'
import { MALFORMED_MESSAGES, type MalformedMessage } from '../../workers/layers/http1/malformed-messages.ts'

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) /

function countBy<T>(rows: readonly T[], keyOf: (row: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const row of rows) counts[keyOf(row)] = (counts[keyOf(row)] ?? 0) + 1
  return counts
}

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

t.test(`${malformedHeads.length} malformed heads`, async (t) => {
  const harness = await EngineHarness.start(t, { workers: 0 })
  for (const [at, head] of malformedHeads.entries()) {
    const received = openProxy(harness.proxyPort)
    received.socket.write(head.raw)
    if (head.ends) received.socket.end()
    await received.over()
    const { text } = received
    const complaint = STATUS_LINE.exec(text)?.[1] !== String(head.status) ? `status: ${text.slice(0, 40)}` : ''
    t.equal(complaint, '', head.name)
    t.ok(text.includes(`details="${head.code}"`) && text.includes('Connection: close'), `${head.name}: the reason is named`)
    await harness.settled(at + 1)
    t.match(harness.named('connect_parse_failed')[at], { violation: head.code, status: head.status })
    t.match(harness.flowEnds()[at], { close_reason: 'connect_parse_failed', detail: head.code })
  }
  await harness.checkLaws(t, malformedHeads.length)
  const metrics = await harness.metrics()
  for (const [reason, count] of Object.entries(countBy(malformedHeads, (head) => head.code))) {
    t.equal(metrics.value('soth_mitm_connections_refused_total', { reason }), count, `refused: ${reason}`)
  }
})

t.test('a head that does not come', async (t) => {
  const harness = await EngineHarness.start(t, { workers: 0, limits: { head_timeout_ms: 150 } })
  const silent = openProxy(harness.proxyPort)
  const slow = openProxy(harness.proxyPort)
  slow.socket.write('CONNECT a.ex')
  const left = openProxy(harness.proxyPort)
  left.socket.end()
  await Promise.all([silent.over(), slow.over(), left.over()])
  t.match(silent.text, /^HTTP\/1\.1 408 /)
  t.match(slow.text, /^HTTP\/1\.1 408 /)
  t.equal(left.text, '', 'a connection without a byte is no flow')
  await harness.checkLaws(t, 2)
  t.match(harness.flowEnds(), [{ close_reason: 'stage_timeout', detail: 'head_timeout' }, { close_reason: 'stage_timeout' }])
  const metrics = await harness.metrics()
  t.equal(metrics.value('soth_mitm_connections_refused_total', { reason: 'head_timeout' }), 2)
  t.equal(metrics.value('soth_mitm_connections_accepted_total'), 3)
})

/** What the client got and the origin saw, against the table; '' where they agree. */
function complaint(message: MalformedMessage, toClient: string, toOrigin: string): string {
  const { side, status, forwarded, code } = message
  if (side === CLIENT && toOrigin !== forwarded) return `the origin got ${JSON.stringify(toOrigin.slice(0, 200))}`
  if (status === 0) {
    if (side === CLIENT) return toClient === '' ? '' : `the client got ${JSON.stringify(toClient.slice(0, 200))}`
    // A reset may overtake what was forwarded before it.
    return forwarded.startsWith(toClient) ? '' : `the client got ${JSON.stringify(toClient.slice(0, 200))}`
  }
  const hasBody = !message.request.startsWith('HEAD')
  if (STATUS_LINE.exec(toClient)?.[1] !== String(status)) return `the client got ${JSON.stringify(toClient.slice(0, 200))}`
  if (!toClient.includes('Connection: close')) return 'the close is not announced'
  return hasBody && !toClient.includes(code) ? 'the code is not named' : ''
}

t.test(`${MALFORMED_MESSAGES.length} malformed messages in an intercepted tunnel`, async (t) => {
  let current: MalformedMessage | undefined
  let toOrigin = ''
  const origin = await startTlsOrigin((socket) => {
    socket.on('data', (chunk) => {
      toOrigin += chunk.toString('latin1')
      if (current !== undefined && current.side !== CLIENT && toOrigin.endsWith(current.request)) socket.write(current.raw, 'latin1')
    })
    socket.on('end', () => socket.end())
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { workers: 0 })
  for (const [at, message] of MALFORMED_MESSAGES.entries()) {
    current = message
    toOrigin = ''
    const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
    client.socket.write(message.side === CLIENT ? message.raw : message.request, 'latin1')
    await client.over()
    t.equal(complaint(message, client.text, toOrigin), '', `${message.name} (${message.code})`)
    await harness.settled(at + 1)
    t.match(harness.flowEnds()[at], { close_reason: 'protocol_violation', violation: message.code }, message.name)
  }
  await harness.checkLaws(t, MALFORMED_MESSAGES.length)
  const metrics = await harness.metrics()
  for (const [violation, count] of Object.entries(countBy(MALFORMED_MESSAGES, (message) => message.code))) {
    t.equal(metrics.value('soth_mitm_violations_total', { violation }), count, `violations: ${violation}`)
  }
})

t.test('strict: false relays them, and says so', async (t) => {
  const ambiguous = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX'
  let toOrigin = ''
  const origin = await startTlsOrigin((socket) => {
    socket.on('data', (chunk) => {
      toOrigin += chunk.toString('latin1')
      if (toOrigin.endsWith('X')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    workers: 0,
    rules: [{ match: { host: 'localhost' }, action: 'intercept', strict: false }],
  })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write(ambiguous)
  await client.over()
  t.equal(toOrigin, ambiguous)
  t.match(client.text, /ok$/)
  await harness.checkLaws(t, 1)
  t.match(harness.flowEnds(), [{ close_reason: 'relay_eof', violation: /^http1_/ }])
})
