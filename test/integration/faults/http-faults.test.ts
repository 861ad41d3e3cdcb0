/**
 * Faults of HTTP exchanges as real clients see them: undici, node:http2, curl and a TLS socket that tells FIN from RST; each with its
 * event, its mark, how the exchange ended, and its count. What no rule matches is not touched.
 */

import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { ProxyAgent, request } from 'undici'
import { isNotApplicable } from '../../../src/shared/faults/not-applicable.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { type Answer, answerOf } from '../../support/harnesses/http2-engine.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { startHttpOrigin, startHttpsOrigin, startTlsOrigin } from '../../support/test-origin.ts'

/** Below 15 s on an idle machine. */
t.setTimeout(600_000)

const BODY = 'a body of 26 octets, whole'
const DELAY_MS = 150
/** Connections per kind of end. */
const ATTEMPTS = 4

type Fault = NonNullable<NonNullable<EngineOptionsInput['rules']>[number]['fault']>

const FAULTS: Readonly<Record<string, Fault>> = {
  respond: { kind: 'respond', status: 529, body: { type: 'error' }, fields: { 'retry-after': '2' } },
  respond_later: { kind: 'respond', status: 503, body: 'later', delay_ms: DELAY_MS },
  respond_instead: { kind: 'respond', status: 500, instead_of: 'response', body: 'not what the origin said' },
  delay: { kind: 'first_byte_delay', ms: DELAY_MS },
  cut: { kind: 'truncate_body', after_bytes: 10 },
  clean: { kind: 'truncate_body', after_bytes: 10, ending: 'clean' },
  reset: { kind: 'truncate_body', after_bytes: 10, ending: 'reset' },
  gzip: { kind: 'corrupt_gzip', after_bytes: 15 },
  chunk: { kind: 'malformed_chunk', after_bytes: 10 },
  longer: { kind: 'wrong_content_length', delta: 5 },
  h2_reset: { kind: 'h2_reset', code: 11, after_bytes: 10 },
  h2_refused: { kind: 'h2_reset', code: 7, before_head: true },
  goaway: { kind: 'h2_goaway' },
  goaway_error: { kind: 'h2_goaway', code: 2 },
  grpc: { kind: 'grpc_status', status: 8, message: 'not today' },
}

const rules = Object.entries(FAULTS).map(([name, fault]) => ({ name, match: { host: 'localhost', path: `/${name}` }, fault }))

/** The one injection of rule `name`, and that what came after it is marked, where it altered something; returns how the exchange ended. */
function injected(t: Test, harness: EngineHarness, name: string, expected: object): string {
  const events = harness.events.filter(({ event }) => event === 'fault_injected')
  const mine = events.filter((event) => 'rule' in event && event.rule === name)
  t.match(mine, [{ ...expected, rule: name, fault: 0 }], `${name}: told`)
  t.equal(mine.length, 1)
  const [fault] = mine
  if (fault === undefined) return 'none'
  const { flow_id: flow, flow_seq: seq } = fault
  const id = 'stream_id' in fault && fault.stream_id !== undefined ? fault.stream_id : 'exchange' in fault ? fault.exchange : -1
  const later = harness.events.filter((event) => event.flow_id === flow && event.flow_seq > seq && numberOf(event) === id)
  const altered = !('applied' in fault && isNotApplicable(fault.applied))
  t.ok(later.length > 0 && later.every((event) => (event.faulted === true) === altered), `${name}: what comes later is marked, if at all`)
  const end = later.find(({ event }) => event === 'stream_closed')
  return end !== undefined && 'close_reason' in end ? String(end.close_reason) : 'open'
}

function numberOf(event: object): unknown {
  if ('stream_id' in event && event.stream_id !== undefined) return event.stream_id
  return 'exchange' in event ? event.exchange : undefined
}

async function counted(t: Test, harness: EngineHarness, names: readonly string[]): Promise<void> {
  const text = await (await request(`http://${harness.admin}/metrics`)).body.text()
  for (const name of names) {
    const line = text.split('\n').find((line) => line.startsWith('soth_mitm_faults_injected_total{') && line.includes(`rule="${name}"`))
    t.match(line, / 1$/, `${name}: counted`)
  }
}

interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
  readonly error: string
  readonly ms: number
}

t.test('HTTP/1.1', async (t) => {
  let asked = 0
  const origin = await startHttpsOrigin((incoming, response) => {
    asked++
    if (incoming.url === '/gzip') response.setHeader('Content-Encoding', 'gzip')
    const body = incoming.url === '/gzip' ? gzipSync(BODY) : Buffer.from(BODY)
    response.setHeader('Content-Length', body.length)
    response.end(body)
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules })
  let flows = 0

  const ask = async (name: string): Promise<Seen> => {
    flows++
    const dispatcher = new ProxyAgent({ uri: harness.proxyUrl, requestTls: { ca: harness.caPem } })
    const from = performance.now()
    let seen = { status: 0, headers: {} as Seen['headers'], body: '', error: '' }
    try {
      const { statusCode, headers, body } = await request(`https://localhost:${origin.port}/${name}`, { dispatcher })
      seen = { ...seen, status: statusCode, headers }
      const chunks: Buffer[] = []
      try {
        for await (const chunk of body) chunks.push(chunk as Buffer)
      } finally {
        seen = { ...seen, body: Buffer.concat(chunks).toString('latin1') }
      }
    } catch (error) {
      seen = { ...seen, error: String((error as { code?: string }).code ?? (error as Error).message) }
    }
    const ms = performance.now() - from
    await dispatcher.destroy()
    return { ...seen, ms }
  }

  const respond = await ask('respond')
  t.match(respond, {
    status: 529,
    headers: { 'retry-after': '2', 'content-type': 'application/json' },
    body: '{"type":"error"}',
    error: '',
  })
  t.equal(asked, 0, 'no cost at the origin')
  const later = await ask('respond_later')
  t.match(later, { status: 503, body: 'later', error: '' })
  t.ok(later.ms >= DELAY_MS - 1, `${later.ms} ms`)
  t.match(await ask('respond_instead'), { status: 500, body: 'not what the origin said' })
  t.equal(asked, 1)
  const slow = await ask('delay')
  t.match(slow, { status: 200, body: BODY, error: '' })
  t.ok(slow.ms >= DELAY_MS - 1, `${slow.ms} ms`)
  t.match(await ask('cut'), { status: 200, body: BODY.slice(0, 10), error: /UND_ERR_SOCKET|terminated/ })
  t.match(await ask('clean'), { status: 200, body: BODY.slice(0, 10), error: '', headers: { 'transfer-encoding': 'chunked' } })
  t.match(await ask('reset'), { status: 200, error: /ECONNRESET|UND_ERR_SOCKET|terminated/ })
  const gzip = await ask('gzip')
  t.throws(() => gunzipSync(Buffer.from(gzip.body, 'latin1')))
  t.match(await ask('chunk'), { status: 200, error: /chunk size|HPE_INVALID_CHUNK_SIZE|terminated/ })
  t.match(await ask('longer'), { status: 200, body: BODY, error: /UND_ERR_SOCKET|terminated/, headers: { 'content-length': '31' } })
  t.match(await ask('h2_reset'), { status: 200, body: BODY, error: '' })
  t.match(await ask('plain'), { status: 200, body: BODY, error: '' })

  await harness.settled(flows)
  const ends = Object.fromEntries(
    ['respond', 'respond_later', 'respond_instead', 'delay', 'cut', 'clean', 'reset', 'gzip', 'chunk', 'longer', 'h2_reset'].map((name) => [
      name,
      injected(t, harness, name, name === 'h2_reset' ? { applied: { not_applicable: 'HTTP/1.1' } } : { kind: kindOf(name) }),
    ]),
  )
  t.same(ends, {
    respond: 'fault_injected',
    respond_later: 'fault_injected',
    respond_instead: 'fault_injected',
    delay: 'completed',
    cut: 'fault_injected',
    clean: 'fault_injected',
    reset: 'fault_injected',
    gzip: 'completed',
    chunk: 'fault_injected',
    longer: 'fault_injected',
    h2_reset: 'completed',
  })
  await counted(
    t,
    harness,
    Object.keys(ends).filter((name) => name !== 'h2_reset'),
  )
  t.notOk(harness.exchangeEnds().some((end) => end.faulted === true && end.close_reason === 'completed' && end.bytes_origin === 0))
  await harness.checkLaws(t, flows)
})

function kindOf(name: string): string {
  return (FAULTS[name] as { kind: string }).kind
}

t.test('what a socket sees: FIN or RST, and the octets before', async (t) => {
  const origin = await startHttpsOrigin((_incoming, response) => {
    response.setHeader('Content-Length', BODY.length)
    response.end(BODY)
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules })
  const get = (path: string) => `GET /${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  /** What a client that has pipelined three requests is told of the end. */
  const end = async (name: string): Promise<string | undefined> => {
    const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
    client.transport.on('error', () => {})
    client.socket.write(get('first') + get(name) + get('never'))
    await client.over()
    const [first, second = '', ...more] = client.text.split(/(?=HTTP\/1\.1 )/)
    t.ok(first?.endsWith(BODY), 'the exchange before is whole')
    t.ok(second.endsWith(BODY.slice(0, 10)), `${name}: all octets before the cut have come`)
    t.equal(more.length, 0)
    return client.error?.code
  }
  const resets: (string | undefined)[] = []
  for (let n = 0; n < ATTEMPTS; n++) {
    t.equal(await end('cut'), undefined, 'a FIN')
    resets.push(await end('reset'))
  }
  // A busy client that polls octets and RST at once is told of an end by libuv: never every time.
  t.ok(resets.includes('ECONNRESET'), 'an RST')
  await harness.checkLaws(t, 2 * ATTEMPTS)
  t.ok(harness.flowEnds().every(({ close_reason }) => close_reason === 'fault_injected'))
})

t.test('HTTP/2: one stream among others', async (t) => {
  const origin = await startHttp2Origin(t, (stream, headers) => {
    if (headers[':path'] === '/gzip') {
      stream.respond({ ':status': 200, 'content-encoding': 'br' })
      stream.end(brotliCompressSync(BODY))
      return
    }
    stream.respond(
      { ':status': 200, 'content-length': BODY.length, 'x-path': headers[':path'], 'x-n': headers['x-n'] },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ checksum: String(headers['x-n']) }))
    stream.end(BODY)
  })
  const harness = await EngineHarness.start(t, { rules })
  const client = await openHttp2(harness, origin.port)
  let count = 0
  const ask = (name: string, fields: object = {}): Promise<Answer & { readonly error?: string }> => {
    const fieldsOf = { ':path': `/${name}`, 'x-n': `n${count++}`, cookie: `a=${count % 5}; b=2`, ...fields }
    return answerOf(client.request(fieldsOf)).catch(
      (error: Error & { code?: string }) => ({ error: `${error.code} ${error.message}` }) as never,
    )
  }
  const names = [
    'respond',
    'respond_later',
    'respond_instead',
    'delay',
    'cut',
    'clean',
    'reset',
    'gzip',
    'longer',
    'h2_reset',
    'h2_refused',
    'chunk',
  ]
  const from = performance.now()
  const [answers, others] = await Promise.all([
    Promise.all([...names.map((name) => ask(name)), ask('grpc', { ':method': 'POST', 'content-type': 'application/grpc' })]),
    Promise.all(Array.from({ length: 30 }, (_, n) => ask(`other-${n}`))),
  ])
  const ms = performance.now() - from
  const seen = Object.fromEntries([...names, 'grpc'].map((name, n) => [name, answers[n] as (typeof answers)[number]]))
  const text = (name: string) => seen[name]?.body?.toString()
  t.match(seen['respond'], { status: 529, headers: { 'retry-after': '2' } })
  t.equal(text('respond'), '{"type":"error"}')
  t.equal(text('respond_later'), 'later')
  t.ok(ms >= DELAY_MS - 1)
  t.match(seen['respond_instead'], { status: 500 })
  t.equal(text('delay'), BODY)
  t.match(seen['delay'], { trailers: { checksum: 'n3' }, rstCode: 0 })
  t.match(seen['cut'], { error: /PROTOCOL_ERROR/ }, 'the length is not reached')
  t.equal(text('clean'), BODY.slice(0, 10))
  t.match(seen['reset'], { error: /INTERNAL_ERROR/ })
  t.equal(seen['gzip']?.body?.length, brotliCompressSync(BODY).length)
  t.match(seen['longer'], { error: /PROTOCOL_ERROR/ })
  t.match(seen['h2_reset'], { error: /ENHANCE_YOUR_CALM/ })
  t.match(seen['h2_refused'], { error: /REFUSED_STREAM/ })
  t.equal(text('chunk'), BODY)
  t.match(seen['grpc'], {
    status: 200,
    headers: { 'grpc-status': '8', 'grpc-message': 'not today', 'content-type': 'application/grpc+proto' },
  })
  for (const { status, body, trailers } of others)
    t.match({ status, body: body.toString(), trailers }, { status: 200, body: BODY, trailers: { checksum: /^n/ } })

  let wrong = 0
  for (let from = 0; from < 1_000; from += 50) {
    const further = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`further/${from + n}`)))
    for (const [n, { body, headers }] of further.entries())
      if (body?.toString() !== BODY || headers['x-path'] !== `/further/${from + n}`) wrong++
  }
  t.equal(wrong, 0, '1,000 further streams are read correctly by both ends')

  t.equal((await ask('goaway')).body.toString(), BODY, 'a stream in flight goes on')
  await closed(client)
  const second = await openHttp2(harness, origin.port)
  const [hard] = await Promise.allSettled([answerOf(second.request({ ':path': '/goaway_error' }))])
  t.equal(hard?.status, 'rejected')
  await closed(second)
  t.equal(origin.sessions, 2)
  await harness.settled(2)
  const ends = Object.fromEntries(
    [...names, 'grpc', 'goaway', 'goaway_error'].map((name) => [
      name,
      injected(t, harness, name, name === 'chunk' ? { applied: { not_applicable: 'HTTP/2' } } : { kind: kindOf(name) }),
    ]),
  )
  t.same(
    Object.entries(ends)
      .filter(([, reason]) => reason !== 'fault_injected')
      .map(([name]) => name)
      .toSorted(),
    ['chunk', 'delay', 'goaway', 'gzip', 'longer'],
  )
  await counted(
    t,
    harness,
    Object.keys(ends).filter((name) => name !== 'chunk'),
  )
  const unfaulted = harness.exchangeEnds().filter(({ faulted }) => faulted !== true)
  t.equal(unfaulted.length, 1_031, 'the chunk that HTTP/2 does not have is none')
  t.ok(unfaulted.every(({ close_reason }) => close_reason === 'completed'))
  await harness.checkLaws(t, 2)
})

t.test('curl', { skip: lacks('curl') }, async (t) => {
  const origin = await startHttpsOrigin((_incoming, response) => {
    response.setHeader('Content-Length', BODY.length)
    response.end(BODY)
  })
  const second = await startHttp2Origin(t, (stream) => {
    stream.respond({ ':status': 200, 'content-length': BODY.length })
    stream.end(BODY)
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules })
  const curl = async (port: number, name: string, ...more: string[]) => {
    const args = [
      '-sS',
      '-x',
      harness.proxyUrl,
      '--cacert',
      harness.caFile,
      '-w',
      ' %{http_code}',
      ...more,
      `https://localhost:${port}/${name}`,
    ]
    const { code, stdout } = await runCommand('curl', args)
    return `${code} ${stdout}`
  }
  t.equal(await curl(origin.port, 'respond'), '0 {"type":"error"} 529')
  t.equal(await curl(origin.port, 'cut'), `18 ${BODY.slice(0, 10)} 200`, 'a partial file')
  t.equal(await curl(origin.port, 'reset'), `56 ${BODY.slice(0, 10)} 200`, 'a failure to receive')
  t.match(await curl(origin.port, 'chunk'), /^56 .* 200$/, 'no chunk')
  t.match(await curl(second.port, 'h2_reset', '--http2'), /^92 /, 'an error of the stream')
  t.equal(await curl(second.port, 'clean', '--http2'), `0 ${BODY.slice(0, 10)} 200`)
  await harness.checkLaws(t, 6)
})

t.test('plain proxying: the faults of the origin that a request names', async (t) => {
  const origin = await startHttpOrigin((_incoming, response) => void response.end(BODY))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    rules: [{ name: 'by host', match: { host: '127.0.0.1' }, fault: { kind: 'respond', status: 529, body: 'busy' } }],
  })
  const dispatcher = new ProxyAgent({ uri: harness.proxyUrl, proxyTunnel: false })
  const ask = async (host: string) => {
    const { statusCode, body } = await request(`http://${host}:${origin.port}/`, { dispatcher })
    return `${statusCode} ${await body.text()}`
  }
  t.equal(await ask('localhost'), `200 ${BODY}`)
  t.equal(await ask('127.0.0.1'), '529 busy')
  await dispatcher.destroy()
  await harness.settled(1)
  t.match(harness.named('fault_injected'), [{ rule: 'by host', kind: 'respond' }])
})

t.test('a delayed answer reaches a client that has half-closed, though the origin is gone meanwhile', async (t) => {
  const origin = await startTlsOrigin((socket) => {
    socket.on('end', () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`)).resume()
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.end('GET /delay HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await client.over()
  t.ok(client.text.endsWith(BODY), 'all of it')
  await harness.checkLaws(t, 1)
})
