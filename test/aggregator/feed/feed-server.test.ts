/** FeedServer: real WebSocket clients at the admin server: forms, filters, refusals, a slow reader, an end. */

import { request } from 'node:http'
import { decode } from '@msgpack/msgpack'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { AggregatorService } from '../../../src/aggregator/aggregator-service.ts'
import type { AdminAddress, AggregatorReport, FeedOptions } from '../../../src/shared/aggregator-protocol.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { AggregatorHarness, until } from '../../support/harnesses/aggregator-harness.ts'
import { parseExposition } from '../../support/recorders/parse-exposition.ts'

t.setTimeout(600_000)

const FEED: FeedOptions = { clients: 4, queue: 1_000, origins: ['http://page.example'] }

async function start(t: Test, feed: Partial<FeedOptions> = {}) {
  const harness = new AggregatorHarness({ capacity: 1_048_576 })
  const reports: AggregatorReport[] = []
  const service = new AggregatorService(harness.data({ admin: '127.0.0.1:0', feed: { ...FEED, ...feed } }), (report) =>
    reports.push(report),
  )
  await service.start()
  t.teardown(() => service.execute({ type: 'close' }))
  const [started] = reports
  if (started?.type !== 'started' || started.adminAddress === undefined) throw new Error('not started')
  const address = started.adminAddress
  const metrics = async () => parseExposition(await (await fetch(`http://127.0.0.1:${address.port}/metrics`)).text())
  return { harness, service, address, metrics }
}

/** A client with the events that it got; `refused`: status and body of an answer that is no 101. */
async function open(address: AdminAddress, query = '', { protocols = [] as string[], headers = {} } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${address.port}/events${query}`, protocols, { headers })
  const events: SothEvent[] = []
  let closed: { code: number; reason: string } | undefined
  socket.on('message', (data: Buffer, isBinary) => events.push((isBinary ? decode(data) : JSON.parse(String(data))) as SothEvent))
  socket.on('close', (code, reason) => {
    closed = { code, reason: String(reason) }
  })
  socket.on('error', () => undefined)
  const refused = await new Promise<{ status: number; body: string } | undefined>((resolve) => {
    socket.once('open', () => resolve(undefined))
    socket.once('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
  })
  return { socket, events, refused, closed: () => closed }
}

t.test('both forms tell the same, and what they tell is the event', async (t) => {
  const { harness, address } = await start(t)
  const packed = await open(address)
  const text = await open(address, '', { protocols: ['nothing.known', 'soth.events.v1.json'] })
  t.equal(text.socket.protocol, 'soth.events.v1.json')
  t.equal(packed.socket.protocol, '')
  const flow = harness.open(1)
  harness.exchange(flow, 1, 0)
  harness.close(flow, 1)
  await until(() => packed.events.length === 6 && text.events.length === 6, 'all came')
  t.same(
    packed.events.map((event) => event.event),
    ['connect_received', 'connect_decision', 'request_headers', 'response_headers', 'stream_closed', 'stream_closed'],
  )
  t.same(packed.events, text.events)
  t.match(packed.events[2], {
    flow_id: 'test-1',
    flow_seq: 2,
    fields: [
      ['Host', 'a.example'],
      ['Cookie', '[redacted]'],
    ],
  })
})

t.test('filters: in the query, then anew by message; a mistake closes with its reason', async (t) => {
  const { harness, address } = await start(t)
  const client = await open(address, '?event=request_headers,stream_closed&host=.b.example&protocol=http1')
  harness.exchange(harness.open(1, { host: 'a.example' }), 1, 0)
  harness.exchange(harness.open(2, { host: 'www.b.example' }), 1, 0)
  await until(() => client.events.length === 2, 'two came')
  t.same(
    client.events.map((event) => [event.event, event.server_host]),
    [
      ['request_headers', 'www.b.example'],
      ['stream_closed', 'www.b.example'],
    ],
  )
  client.socket.send(JSON.stringify({ filter: { flow_id: 'test-3', events: ['response_headers'] } }))
  // Nothing answers a change of filter: events come until one passes.
  const third = harness.open(3)
  let exchange = 0
  await until(() => {
    harness.exchange(third, 1, exchange++)
    return client.events.length > 2
  }, 'the filter is changed')
  t.match(client.events[2], { event: 'response_headers', flow_id: 'test-3' })
  client.socket.send(JSON.stringify({ filter: { events: ['sse_evnt'] } }))
  await until(() => client.closed() !== undefined, 'it is closed')
  t.match(client.closed(), { code: 1008, reason: 'there is no event "sse_evnt"; did you mean "sse_event"?' })
})

t.test('who is not served is told why, with a status', async (t) => {
  const { address } = await start(t, { clients: 1 })
  const table: readonly (readonly [string, Record<string, string>, number, RegExp])[] = [
    ['?event=nonsense', {}, 400, /there is no event \\"nonsense\\"/],
    ['?evnt=sse_event', {}, 400, /there is no parameter/],
    ['?format=xml', {}, 400, /format must be one of msgpack, json/],
    ['?queue=0', {}, 400, /queue must be/],
    ['', { origin: 'http://other.example' }, 403, /browser_refused/],
    ['', { 'sec-fetch-site': 'same-origin' }, 403, /browser_refused/],
    ['', { host: 'rebound.example' }, 421, /host_not_allowed/],
  ]
  for (const [query, headers, status, body] of table) {
    const { refused } = await open(address, query, { headers })
    t.match(refused, { status, body }, `${query} ${JSON.stringify(headers)}`)
  }
  const page = await open(address, '', { headers: { origin: 'http://page.example' } })
  t.equal(page.refused, undefined, 'a page that is named is served')
  t.match((await open(address)).refused, { status: 503, body: /too_many_clients/ })
  page.socket.terminate()
  await until(async () => (await open(address)).refused === undefined, 'a client that is gone makes room')
})

t.test('other requests with an Upgrade field are answered as if they had none', async (t) => {
  const { address } = await start(t)
  const status = (path: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ ...address, path, headers, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      asked.on('error', reject).end()
    })
  t.equal(await status('/healthz', { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }), 200)
  t.equal(await status('/events', { connection: 'upgrade', upgrade: 'h2c' }), 426)
  t.equal(await status('/events', {}), 426)
  t.equal(await status('/events', { connection: 'upgrade', upgrade: 'websocket' }), 400, 'no key')
})

t.test('a client that stands still loses its own events, is told how many, and delays nobody', async (t) => {
  const { harness, address, metrics } = await start(t)
  const slow = await open(address, '?queue=50')
  const quick = await open(address)
  slow.socket.pause()
  // More than the system's buffers between the two take, so that the queue fills.
  const rounds = 40
  const perRound = 500
  for (let round = 1; round <= rounds; round++) {
    const flow = harness.open(round)
    for (let exchange = 0; exchange < perRound; exchange++) harness.request(flow, 1, exchange)
    await until(() => quick.events.length === round * (perRound + 2), 'the quick one has all')
  }
  const { value } = await metrics()
  const lost = value('soth_mitm_sink_dropped_total', { sink: 'feed' }) ?? 0
  t.ok(lost > 0, `${lost} lost`)
  t.equal(value('soth_mitm_feed_clients'), 2)
  slow.socket.resume()
  const told = () => slow.events.reduce((sum, event) => sum + (event.event === 'events_dropped' ? (event.count ?? 0) : 1), 0)
  await until(() => told() === rounds * (perRound + 2), 'what came and what was lost make the whole')
  const notices = slow.events.filter((event) => event.event === 'events_dropped')
  t.same(
    notices.map((event) => event.flow_seq),
    notices.map((_, n) => n),
  )
  const before = slow.events.length
  harness.open(rounds + 1)
  await until(() => slow.events.length === before + 2, 'it goes on')
})

t.test('the end: what was accepted, then 1001; a client may come again at the next engine', async (t) => {
  const first = await start(t)
  const client = await open(first.address)
  first.harness.open(1)
  await first.service.execute({ type: 'close' })
  await until(() => client.closed() !== undefined, 'it is closed')
  t.match(client.closed(), { code: 1001 })
  t.equal(client.events.length, 2)
  const second = await start(t)
  const again = await open(second.address)
  second.harness.open(1)
  await until(() => again.events.length === 2, 'events come')
  t.equal(again.events[0]?.flow_seq, 0)
})
