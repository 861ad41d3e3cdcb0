/**
 * HTTP/2 clients whose origin fails, whatever they offer: each request gets a response that says why, calls of gRPC a status.
 */

import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { answerOf } from '../../support/harnesses/http2-engine.ts'
import type { Grpc } from '../../support/origins/grpc-calls.ts'
import { openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { makeRoot } from '../../support/pki/test-pki.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { originCertificate, startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const STREAMS = 20

/** Origins by how they fail, and what is said of it. */
const FAILURES = {
  'a certificate of an unknown root': { status: 502, code: 'upstream_cert_invalid', start: startUntrusted },
  'a close in the handshake': { status: 502, code: 'upstream_tls_failed', start: startClosing },
  'silence in the handshake': { status: 504, code: 'upstream_tls_timeout', start: startSilent },
  'a client certificate wanted, which TLS 1.3 tells behind the handshake': { status: 502, code: 'upstream_tls_failed', start: startMutual },
} as const

async function startUntrusted(t: Test): Promise<number> {
  return (await startHttp2Origin(t, (stream) => stream.respond({}, { endStream: true }), originCertificate({ issuer: makeRoot() }))).port
}

async function startMutual(t: Test): Promise<number> {
  return (await startHttp2Origin(t, (stream) => stream.respond({}, { endStream: true }), { requestCert: true, rejectUnauthorized: true }))
    .port
}

async function startClosing(t: Test): Promise<number> {
  const origin = await startTcpOrigin((socket) => void socket.once('data', () => socket.end()))
  t.teardown(() => origin.close())
  return origin.port
}

async function startSilent(t: Test): Promise<number> {
  const origin = await startTcpOrigin(() => undefined)
  t.teardown(() => origin.close())
  return origin.port
}

const start = (t: Test, options: EngineOptionsInput = {}) =>
  EngineHarness.start(t, { workers: 1, limits: { handshake_timeout_ms: 3_000 }, ...options })

/** Every flow is told, and every exchange with what its client was told. */
async function check(t: Test, harness: EngineHarness, flows: number, status: number): Promise<void> {
  await harness.checkLaws(t, flows)
  t.match(harness.named('tls_handshake_failed')[0], { side: 'upstream' })
  for (const end of harness.exchangeEnds()) t.match(end, { close_reason: /^upstream_(connect_failed|reset)$/, status })
  for (const head of harness.named('response_headers')) t.match(head, { source: 'engine', status })
}

/** All of one session's requests at once, and the GOAWAY that ends it. */
async function askAll(session: ClientHttp2Session, count: number, fields: OutgoingHttpHeaders, body?: Buffer) {
  const goaway = new Promise<number[]>((resolve) => session.once('goaway', (code, last) => resolve([code, last])))
  const over = new Promise<void>((resolve) => session.once('close', () => resolve()))
  const requests = Array.from({ length: count }, () => answerOf(session.request(fields, { endStream: body === undefined }), body))
  const answers = await Promise.all(requests)
  await over
  return { answers, goaway: await goaway }
}

for (const [name, { status, code, start: startOrigin }] of Object.entries(FAILURES)) {
  t.test(`node:http2, which offers nothing else: ${name}`, async (t) => {
    const port = await startOrigin(t)
    const harness = await start(t)
    const many = await askAll(await openHttp2(harness, port), STREAMS, { ':path': '/', accept: 'application/json' })
    t.same(many.goaway, [0, 2 * STREAMS - 1])
    for (const answer of many.answers) {
      t.equal(answer.status, status)
      t.match(JSON.parse(answer.body.toString()), { code, status, target: `localhost:${port}` })
    }
    const upload = await askAll(await openHttp2(harness, port), 1, { ':method': 'POST', ':path': '/' }, Buffer.alloc(300_000))
    t.match(upload.answers, [{ status, rstCode: 0, body: Buffer.from(upload.answers[0]?.body ?? '') }])
    t.match(`${upload.answers[0]?.body}`, new RegExp(`code: ${code}`))
    t.match((await askAll(await openHttp2(harness, port), 1, { ':method': 'HEAD', ':path': '/' })).answers, [
      { status, body: { length: 0 } },
    ])
    await check(t, harness, 3, status)
    t.equal(harness.exchangeEnds().length, STREAMS + 2)
  })
}

t.test('grpc-js: UNAVAILABLE, with the reason in words', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const grpc = await importForeign<Grpc>('@grpc/grpc-js')
  for (const { code, start: startOrigin } of Object.values(FAILURES)) {
    const port = await startOrigin(t)
    const harness = await start(t)
    const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
    const client = new grpc.Client(`localhost:${gateway}`, grpc.credentials.createSsl(Buffer.from(harness.caPem)), {})
    const same = (octets: Buffer) => octets
    const failure = await new Promise<{ code: number; details: string } | null>((resolve) => {
      client.makeUnaryRequest('/test.Calls/Unary', same, same, Buffer.from('ping'), new grpc.Metadata(), {}, resolve)
    })
    client.close()
    t.match(failure, { code: 14, details: new RegExp(`^soth-mitm: The .*\\(code: ${code}; target: localhost:${port}; detail: `) })
    await harness.settled(1)
    await check(t, harness, harness.flowEnds().length, 200)
  }
})

t.test('curl', { skip: lacks('curl') }, async (t) => {
  for (const [name, { status, code, start: startOrigin }] of Object.entries(FAILURES)) {
    const port = await startOrigin(t)
    const harness = await start(t)
    const { stdout } = await runCommand('curl', [
      ...['-sS', '--http2', '-x', harness.proxyUrl, '--cacert', harness.caFile, '-w', ' %{http_code} HTTP/%{http_version}'],
      `https://localhost:${port}/`,
    ])
    // It offers both: of an origin that has shaken hands the protocol is known, else it is the one that any client reads.
    t.match(stdout, new RegExp(`code: ${code}\\n ${status} HTTP/${startOrigin === startMutual ? '2' : '1.1'}$`), name)
    await check(t, harness, 1, status)
  }
})

t.test('nghttp', { skip: lacks('nghttp') }, async (t) => {
  for (const [name, { status, code, start: startOrigin }] of Object.entries(FAILURES)) {
    const port = await startOrigin(t)
    const harness = await start(t)
    const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
    const { stdout } = await runCommand('nghttp', ['-v', '--no-verify-peer', `https://localhost:${gateway}/`])
    t.match(stdout, new RegExp(`:status: ${status}[\\s\\S]*code: ${code}`), name)
    await harness.settled(1)
    await check(t, harness, harness.flowEnds().length, status)
  }
})

t.test('prior knowledge inside CONNECT, where the origin is dialled behind it', { skip: lacks('curl') }, async (t) => {
  const dead = await startTcpOrigin(() => undefined)
  await dead.close()
  const harness = await start(t, { connect_strategy: 'lazy' })
  const { stdout } = await runCommand('curl', [
    ...['-sS', '--http2-prior-knowledge', '--proxytunnel', '-x', harness.proxyUrl, '-w', ' %{http_code} HTTP/%{http_version}'],
    `http://127.0.0.1:${dead.port}/`,
  ])
  t.match(stdout, /code: origin_refused\n 502 HTTP\/2$/)
  await harness.checkLaws(t, 1)
  t.match(harness.exchangeEnds(), [{ close_reason: 'upstream_connect_failed', status: 502 }])
})
