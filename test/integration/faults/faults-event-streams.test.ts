/**
 * Faults of event streams, as clients of HTTP/1.1 and HTTP/2 see them: which events came, when, and how it ended; what the engine
 * tells of it; and that other streams of the connection go on.
 */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ProxyAgent, request } from 'undici'
import { EngineHarness } from '../../support/engine-harness.ts'
import { type Seen, see, startStreamOrigin, VERSIONS } from '../../support/origins/faulted-stream.ts'
import { openHttp2 } from '../../support/origins/http2-origin.ts'

t.setTimeout(600_000)

const START = 'event: message_start\ndata: {"n":0}\n\n'
const DELTA = 'event: content_block_delta\ndata: {"t":"é"}\n\n'
const SECOND = 'event: content_block_delta\ndata: {"t":"zwei"}\n\n'
const STOP = 'event: message_stop\ndata: {}\n\n'
const STORY = [START, ': keep-alive\n\n', DELTA, SECOND, STOP]
const BODY = STORY.join('')
const latin1 = (text: string) => Buffer.from(text).toString('latin1')

/** Tells the story, event by event. */
const origin = (t: Parameters<typeof startStreamOrigin>[0]) =>
  startStreamOrigin(t, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    void (async () => {
      for (const event of STORY) {
        response.write(event)
        await delay(5)
      }
      response.end()
    })()
  })

interface Case {
  readonly fault: object
  readonly body: string
  /** By version. */
  readonly endings: readonly [string, string]
  readonly told: object
}

const CLEAN = ['clean', 'clean'] as const
const upTo = (text: string) => BODY.slice(0, BODY.indexOf(text))
const ERROR = 'event: error\ndata: {"error":"overloaded"}\n\n'
const inCharacter = latin1(upTo('é')).length + 1

const CASES: Readonly<Record<string, Case>> = {
  'an error before the first event': {
    fault: { at: { before_first: true }, action: 'error_event' },
    body: ERROR,
    endings: CLEAN,
    told: { position: 0, unit: 'event', applied: { action: 'error_event' } },
  },
  'an error in the midst': {
    fault: { at: { event: 1 }, action: 'error_event', data: 'x' },
    body: `${START}event: error\ndata: x\n\n`,
    endings: CLEAN,
    told: { position: 1, unit: 'event' },
  },
  'a cut': {
    fault: { at: { event: 2 } },
    body: upTo(SECOND),
    endings: ['fin', 'rst_stream 2'],
    told: { position: 2, applied: { action: 'cut', how: 'fin' } },
  },
  'a cut behind octets': {
    fault: { at: { bytes: 10 } },
    body: BODY.slice(0, 10),
    endings: ['fin', 'rst_stream 2'],
    told: { position: 10, unit: 'bytes' },
  },
  'a cut inside of a character': {
    fault: { at: { in_utf8: true } },
    body: latin1(BODY).slice(0, inCharacter),
    endings: ['fin', 'rst_stream 2'],
    told: { position: inCharacter, unit: 'bytes' },
  },
  'a cut inside of a data line': {
    fault: { at: { in_data_line: true, event: 3 } },
    body: `${upTo(STOP)}event: message_stop\ndata: {`,
    endings: ['fin', 'rst_stream 2'],
    told: { unit: 'bytes' },
  },
  'an early end': { fault: { at: { event: 1 }, action: 'end' }, body: START, endings: CLEAN, told: { applied: { action: 'end' } } },
  'an event that never comes': {
    fault: { at: { event: 2 }, action: 'drop' },
    body: BODY.replace(SECOND, ''),
    endings: CLEAN,
    told: { position: 2 },
  },
  'an event that comes twice': {
    fault: { at: { event: 0 }, action: 'duplicate' },
    body: START + BODY,
    endings: CLEAN,
    told: { position: 0 },
  },
  'an event behind the next': {
    fault: { at: { event: 2 }, action: 'reorder' },
    body: BODY.replace(SECOND + STOP, STOP + SECOND),
    endings: CLEAN,
    told: { position: 2 },
  },
  'a type that never comes': {
    fault: { kind: 'sse_drop_type', type: 'message_stop' },
    body: upTo(STOP),
    endings: CLEAN,
    told: { position: 3 },
  },
  'a place behind the end': { fault: { at: { event: 9 } }, body: BODY, endings: CLEAN, told: {} },
}

/** Further rules, by path. */
const STALLS = {
  '/pause': { at: { event: 1 }, action: 'stall', for_ms: 400 },
  '/silence': { at: { event: 1 }, action: 'stall' },
  '/pings': { at: { event: 1 }, action: 'stall_with_pings', ping_ms: 40 },
}
/** The octets in front of an RST are read first: libuv takes one that comes with octets for an end. */
const RESET = [
  { kind: 'sse', at: { event: 2 }, action: 'stall', for_ms: 100 },
  { kind: 'sse', at: { event: 2 }, how: 'reset' },
]
const pathOf = (n: number) => `/case-${n}`
const RULES = [
  ...Object.values(CASES).map(({ fault }, n) => ({
    name: pathOf(n),
    match: { path: pathOf(n) },
    fault: { kind: 'sse', ...fault } as never,
  })),
  ...Object.entries(STALLS).map(([path, fault]) => ({ name: path, match: { path }, fault: { kind: 'sse', ...fault } as never })),
  { name: '/reset', match: { path: '/reset' }, fault: RESET as never },
]

for (const [index, version] of VERSIONS.entries())
  t.test(`over ${version}`, { timeout: 600_000 }, async (t) => {
    const port = await origin(t)
    const harness = await EngineHarness.start(t, { rules: RULES })
    const cases = Object.entries(CASES)
    const seen = await Promise.all(cases.map((_, n) => see(version, harness, port, pathOf(n))))
    await harness.settled(cases.length)
    for (const [n, [name, { body, endings, told, fault }]] of cases.entries())
      await t.test(name, async (t) => {
        t.same([seen[n]?.body, seen[n]?.ending], [body.includes('é') ? latin1(body) : body, endings[index]])
        const isTold = Object.keys(told).length > 0
        const injected = harness.named('fault_injected').filter((event) => event.rule === pathOf(n))
        t.equal(injected.length, isTold ? 1 : 0)
        if (isTold) t.match(injected[0], { kind: (fault as { kind?: string }).kind ?? 'sse', fault: 0, phase: 'body', ...told })
        const { flow_id } = harness.named('request_headers').find((event) => event.path === pathOf(n)) ?? {}
        const end = harness.exchangeEnds().find((event) => event.flow_id === flow_id)
        t.equal(end?.faulted === true, isTold)
        t.equal(end?.close_reason, /cut|reset|early end|error/.test(name) ? 'fault_injected' : 'completed')
      })
    await t.test('a reset, behind a silence', async (t) => {
      const { body, ending } = await see(version, harness, port, '/reset')
      t.same([body, ending], [latin1(upTo(SECOND)), ['reset', 'rst_stream 2'][index]])
      await harness.settled(1)
      t.match(harness.named('fault_injected').slice(-2), [{ fault: 0 }, { fault: 1, applied: { action: 'cut', how: 'reset' } }])
      t.match(harness.exchangeEnds().at(-1), { close_reason: 'fault_injected', faulted: true })
    })
    await t.test('a silence that ends', async (t) => {
      const { body, ending, times } = await see(version, harness, port, '/pause')
      t.same([body, ending], [latin1(BODY), 'clean'])
      t.ok(longestGap(times) >= 390, `a gap of 400 ms, not ${longestGap(times)}`)
    })
    await t.test('a silence without end, of which the client has enough', async (t) => {
      const { body, ending } = await see(version, harness, port, '/silence', /n":0/)
      t.same([body, ending], [START, 'open'])
      await harness.settled(1)
      t.match(harness.named('fault_injected').at(-1), { position: 1, applied: { action: 'stall', for_ms: 0 } })
    })
    await t.test('a silence with pings', async (t) => {
      const { body, ending } = await see(version, harness, port, '/pings', /(: ping\n\n.*){3}/s)
      t.ok(body.startsWith(`${START}: ping\n\n: ping\n\n: ping\n\n`), body)
      t.equal(body.slice(START.length).replaceAll(': ping\n\n', ''), '')
      t.equal(ending, 'open')
    })
    await harness.checkLaws(t, Object.keys(CASES).length + 4)
    t.same(
      harness
        .exchangeEnds()
        .slice(-2)
        .map((end) => end.faulted),
      [true, true],
    )
  })

t.test('a coded stream, and what is none, pass, and the fault says so', async (t) => {
  const port = await startStreamOrigin(t, (response, { url }) => {
    if (url === '/json') response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    else response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'x' }).end(BODY)
  })
  const harness = await EngineHarness.start(t, { rules: [{ fault: { kind: 'sse', at: { event: 0 } } }] })
  t.same((await see('http1', harness, port, '/')).body, latin1(BODY))
  t.same((await see('http2', harness, port, '/json')).body, '{}')
  await harness.settled(2)
  t.match(harness.named('fault_injected'), [
    { applied: { not_applicable: 'content-encoding' } },
    { applied: { not_applicable: 'no event stream' } },
  ])
})

t.test('the other streams of the connection go on', async (t) => {
  const port = await origin(t)
  const rules = [
    { name: 'cut', match: { path: '/cut' }, fault: { kind: 'sse' as const, at: { event: 1 } } },
    { name: 'stalled', match: { path: '/stall' }, fault: { kind: 'sse' as const, at: { event: 1 }, action: 'stall' as const } },
  ]
  const harness = await EngineHarness.start(t, { rules })
  const client = await openHttp2(harness, port)
  const ask = async (path: string): Promise<Pick<Seen, 'body' | 'ending'>> => {
    const stream = client.request({ ':path': path })
    let body = ''
    stream
      .on('error', () => {})
      .setEncoding('latin1')
      .on('data', (text: string) => {
        body += text
      })
    await once(stream, 'close').catch(() => undefined)
    return { body, ending: String(stream.rstCode) }
  }
  const stalled = ask('/stall')
  const paths = Array.from({ length: 20 }, (_, n) => (n % 4 === 0 ? '/cut' : `/${n}`))
  const all = await Promise.all(paths.map(ask))
  for (const [n, seen] of all.entries())
    t.same(seen, paths[n] === '/cut' ? { body: START, ending: '2' } : { body: latin1(BODY), ending: '0' })
  client.destroy()
  t.equal((await stalled).body, START)
  await harness.checkLaws(t, 1)
  t.equal(harness.named('fault_injected').length, 6)
  const marked = harness.exchangeEnds().filter((end) => end.faulted === true)
  t.equal(marked.length, 6)
})

t.test('undici, a reader of events: the cut is its own error, the end is an end', async (t) => {
  const port = await origin(t)
  const rules = [
    { match: { path: '/cut' }, fault: { kind: 'sse' as const, at: { event: 2 } } },
    { match: { path: '/end' }, fault: { kind: 'sse' as const, at: { event: 2 }, action: 'end' as const } },
  ]
  const harness = await EngineHarness.start(t, { rules })
  const dispatcher = new ProxyAgent({ uri: harness.proxyUrl, requestTls: { ca: harness.caPem, servername: 'localhost' } })
  t.teardown(() => dispatcher.destroy())
  const read = async (path: string) => {
    const { body } = await request(`https://localhost:${port}${path}`, { dispatcher })
    const events: string[] = []
    let rest = ''
    try {
      for await (const chunk of body.setEncoding('utf8')) {
        const blocks = (rest + chunk).split('\n\n')
        rest = blocks.pop() ?? ''
        events.push(...blocks.filter((block) => block.startsWith('event')))
      }
    } catch (error) {
      return { events: events.length, error: (error as { code?: string }).code }
    }
    return { events: events.length, error: undefined }
  }
  t.same(await read('/end'), { events: 2, error: undefined })
  t.same(await read('/cut'), { events: 2, error: 'UND_ERR_SOCKET' })
  t.same(await read('/other'), { events: 4, error: undefined })
})

function longestGap(times: readonly number[]): number {
  return Math.max(...times.map((time, n) => time - (times[n - 1] ?? time)))
}
