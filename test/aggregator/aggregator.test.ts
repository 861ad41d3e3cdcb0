/** Aggregator: joins rings in order, keeps the flow table, ends the flows of a lost worker. */

import t from 'tap'
import { Aggregator } from '../../src/aggregator/aggregator.ts'
import { AggregatorHarness, CollectingSink } from '../support/harnesses/aggregator-harness.ts'

t.setTimeout(600_000)

function make({ flowTableLimit = 100, workers = 2 } = {}) {
  const harness = new AggregatorHarness({ workers })
  const aggregator = new Aggregator({
    instanceId: 'test',
    rings: harness.rings,
    metricHosts: 10,
    redactFields: ['Cookie'],
    flowTableLimit,
  })
  const sink = new CollectingSink()
  aggregator.sinks.add(sink)
  return { harness, aggregator, sink }
}

t.test('a flow that goes from the acceptor to a worker comes out whole, in order, with every base field', (t) => {
  const { harness, aggregator, sink } = make()
  const flow = harness.open(7)
  harness.exchange(flow, 2, 0)
  t.equal(aggregator.flows.size, 0)
  t.equal(aggregator.poll(), 6, 'a context and five events')
  t.equal(aggregator.flows.size, 1)
  t.equal(sink.batches, 1)
  harness.close(flow, 2)
  aggregator.poll()
  t.equal(aggregator.flows.size, 0, 'the terminal event of the flow ends its entry, that of the exchange does not')

  t.same(
    sink.events.map((event) => event.event),
    ['connect_received', 'connect_decision', 'request_headers', 'response_headers', 'stream_closed', 'stream_closed'],
  )
  for (const [seq, event] of sink.events.entries()) {
    t.match(event, {
      schema: 1,
      flow_id: 'test-7',
      flow_seq: seq,
      client_addr: '192.0.2.1:5000',
      server_host: 'a.example',
      server_port: 443,
    })
    t.equal(event.worker, seq < 2 ? 0 : 2)
    t.same(JSON.parse(sink.lines[seq] ?? ''), event, 'the line is the event')
  }
  t.same(sink.events[2], {
    ...sink.events[2],
    event: 'request_headers',
    exchange: 0,
    fields: [
      ['Host', 'a.example'],
      ['Cookie', '[redacted]'],
    ],
  })
  t.equal(aggregator.poll(), 0)
  t.equal(sink.batches, 2, 'an empty poll disturbs no sink')
  t.end()
})

t.test('an empty sink list costs no decoding, and a context alone is no event', (t) => {
  const harness = new AggregatorHarness()
  const aggregator = new Aggregator({ instanceId: 'test', rings: harness.rings, metricHosts: 1, redactFields: [] })
  harness.open(1)
  t.equal(aggregator.poll(), 3)
  t.equal(aggregator.metrics.events().find((sample) => sample.labels['event'] === 'connect_received')?.value, 1)
  t.end()
})

t.test('a flow that is not known, or was evicted, is delivered without addresses', (t) => {
  const { harness, aggregator, sink } = make({ flowTableLimit: 1 })
  const first = harness.open(1)
  harness.open(2, { host: 'b.example' })
  harness.close(first, 1)
  aggregator.poll()
  t.equal(aggregator.flows.evictions, 1)
  t.equal(aggregator.flows.size, 1)
  t.match(sink.events.at(-1), { event: 'stream_closed', flow_id: 'test-1', flow_seq: 2, client_addr: '', server_host: '', server_port: 0 })
  t.match(aggregator.metrics.flows.samples(), [{ labels: { decision: 'none', protocol: 'http1' }, value: 1 }])
  t.end()
})

t.test('a second context gives an open flow its new addresses', (t) => {
  const { harness, aggregator, sink } = make()
  const flow = harness.open(1)
  harness.exchange(flow, 0, 0)
  harness.writer(0).flowContext(flow, '192.0.2.1:5000', 'other.example', 80, 99)
  harness.exchange(flow, 0, 1)
  aggregator.poll()
  t.same(
    sink.events.filter((event) => event.event === 'request_headers').map((event) => `${event.server_host}:${event.server_port}`),
    ['a.example:443', 'other.example:80'],
  )
  t.same(JSON.parse(sink.lines.at(-1) ?? ''), sink.events.at(-1))
  t.end()
})

t.test('worker_lost: what it wrote comes first, then every open exchange, then the flow; other workers’ flows go on', (t) => {
  const { harness, aggregator, sink } = make()
  const lost = harness.open(1)
  const other = harness.open(2)
  const waiting = harness.open(3)
  harness.request(other, 2, 0)
  aggregator.poll()
  sink.events.length = 0
  sink.lines.length = 0

  // All of this lies in the ring, unread, when the worker dies.
  harness.exchange(lost, 1, 0)
  harness.request(lost, 1, 1)
  lost.multiplexed = true
  harness.request(lost, 1, 5)
  aggregator.workerLost(1, [waiting.number, 404])

  t.same(
    sink.events.map((event) => [event.flow_id, event.flow_seq, event.event]),
    [
      ['test-1', 2, 'request_headers'],
      ['test-1', 3, 'response_headers'],
      ['test-1', 4, 'stream_closed'],
      ['test-1', 5, 'request_headers'],
      ['test-1', 6, 'request_headers'],
      ['test-1', 7, 'stream_closed'],
      ['test-1', 8, 'stream_closed'],
      ['test-1', 9, 'stream_closed'],
      ['test-3', 2, 'stream_closed'],
    ],
  )
  t.match(sink.events[5], { exchange: 1, close_reason: 'worker_lost', worker: 1, server_host: 'a.example', protocol: 'http1' })
  t.match(sink.events[6], { stream_id: 5, close_reason: 'worker_lost' })
  const last = sink.events[7] as { duration_ms?: number }
  t.notOk('exchange' in last || 'stream_id' in last, 'the flow’s own terminal event')
  t.ok((last.duration_ms ?? -1) >= 0)
  t.match(sink.events[8], { close_reason: 'worker_lost', worker: 1 }, 'a ticket that was never adopted')
  for (const [n, event] of sink.events.entries()) t.same(JSON.parse(sink.lines[n] ?? ''), event)
  t.equal(aggregator.workersLost, 1)
  t.equal(aggregator.flows.size, 1, 'the other worker’s flow is open')
  t.match(
    aggregator.metrics.flowCloses.samples().filter((sample) => sample.value > 0),
    [{ labels: { close_reason: 'worker_lost' }, value: 2 }],
  )
  t.match(
    aggregator.metrics.requestCloses.samples().filter((sample) => sample.labels['close_reason'] === 'worker_lost'),
    [{ labels: { protocol: 'http1' }, value: 2 }],
  )
  t.end()
})
