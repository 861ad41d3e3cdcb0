/** EventMetrics: what the scrape shows is what the events say, to the request; also where ordinary events were dropped. */

import t from 'tap'
import { Aggregator } from '../../../src/aggregator/aggregator.ts'
import type { Sample } from '../../../src/aggregator/metrics/sample.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { seededRandom } from '../../support/chunkings.ts'
import { AggregatorHarness, CollectingSink } from '../../support/harnesses/aggregator-harness.ts'

t.setTimeout(600_000)

function make({ capacity = 65_536 } = {}) {
  const harness = new AggregatorHarness({ capacity })
  const aggregator = new Aggregator({ instanceId: 'i', rings: harness.rings, metricHosts: 2, redactFields: [] })
  const sink = new CollectingSink()
  aggregator.sinks.add(sink)
  return { harness, aggregator, metrics: aggregator.metrics, sink }
}

/** Samples as `label=value,… → number`, zeros left out. */
function table(samples: readonly Sample[]): Record<string, number> {
  const rows = samples.filter(({ value }) => value !== 0)
  return Object.fromEntries(rows.map(({ labels, value }) => [Object.values(labels).join(' '), value]))
}

t.test('exchanges: protocol, method class, status class, reason, durations', (t) => {
  const { harness, aggregator, metrics } = make()
  const flow = harness.open(1)
  harness.exchange(flow, 1, 0, { method: 'GET', status: 204 })
  harness.exchange(flow, 1, 1, { method: 'BREW', status: 418 })
  harness.exchange(flow, 1, 2, { method: 'get', status: -1, reason: 'upstream_reset' })
  harness.exchange(flow, 1, 3, { method: 'POST', status: 999, durationMs: Number.NaN, ttfbMs: Number.NaN })
  flow.protocol = 'http2'
  harness.exchange(flow, 1, 5, { method: 'POST', status: 503, durationMs: 1_500, ttfbMs: 250 })
  harness.close(flow, 1)
  aggregator.poll()
  t.same(table(metrics.requests.samples()), {
    'http1 GET 2xx': 1,
    'http1 other 4xx': 1,
    'http1 other none': 1,
    'http1 POST none': 1,
    'http2 POST 5xx': 1,
  })
  t.same(table(metrics.requestCloses.samples()), { 'http1 completed': 3, 'http1 upstream_reset': 1, 'http2 completed': 1 })
  t.same(table(metrics.flows.samples()), { 'intercept http2': 1 })
  t.same(table(metrics.flowCloses.samples()), { relay_eof: 1 })
  const durations = metrics.requestDurations.samples()
  t.equal(durations.find((sample) => sample.metricName?.endsWith('_count') && sample.labels['protocol'] === 'http1')?.value, 3)
  t.equal(durations.find((sample) => sample.metricName?.endsWith('_sum') && sample.labels['protocol'] === 'http2')?.value, 1.5)
  t.equal(metrics.timesToFirstByte.samples().find((sample) => sample.metricName?.endsWith('_sum'))?.value, 0.012)
  t.end()
})

t.test('handshakes: by side, outcome and source, and per host up to the bound', (t) => {
  const { harness, aggregator, metrics } = make()
  const emit = harness.writer(1)
  for (const [number, host] of ['a.example', 'b.example', 'c.example'].entries()) {
    const flow = harness.open(number + 1, { host })
    emit.emit('tls_handshake_succeeded', flow, { side: 'upstream', source: 'authoritative', duration_ms: 30 }, ++harness.nowMs)
    emit.emit(
      'tls_handshake_failed',
      flow,
      { side: 'client', source: 'authoritative', reason: 'unknown_ca', duration_ms: 5 },
      ++harness.nowMs,
    )
  }
  const flow = harness.open(9)
  emit.emit('tls_handshake_failed', flow, { side: 'client' }, ++harness.nowMs)
  emit.emit('tls_handshake_failed', flow, {}, ++harness.nowMs)
  aggregator.poll()
  t.same(table(metrics.handshakes.samples()), {
    'client unknown_ca authoritative': 3,
    'upstream succeeded authoritative': 3,
    'client other inferred': 1,
  })
  t.same(table(metrics.handshakesByHost.samples()), {
    'a.example client unknown_ca authoritative': 1,
    'a.example client other inferred': 1,
    'a.example upstream succeeded authoritative': 1,
    'b.example client unknown_ca authoritative': 1,
    'b.example upstream succeeded authoritative': 1,
    'other client unknown_ca authoritative': 1,
    'other upstream succeeded authoritative': 1,
  })
  t.end()
})

t.test('a violation that ends an exchange and with it the flow is counted once', (t) => {
  const { harness, aggregator, metrics } = make()
  const first = harness.open(1)
  harness.exchange(first, 1, 0, { reason: 'protocol_violation', violation: 'http1_te_with_cl' })
  harness.end(first, 1, 0xffffffff, { reason: 'protocol_violation', violation: 'http1_te_with_cl' })
  const second = harness.open(2)
  harness.end(second, 0, 0xffffffff, { reason: 'connect_parse_failed', violation: 'connect_head_too_large' })
  aggregator.poll()
  t.same(table(metrics.violations.samples()), { http1_te_with_cl: 1, connect_head_too_large: 1 })
  t.end()
})

t.test('the last decision before the end is the flow’s; none where policy was not asked', (t) => {
  const { harness, aggregator, metrics } = make()
  const changed = harness.open(1)
  harness.writer(1).emit('connect_decision', changed, { decision: 'tunnel', phase: 'client_hello' }, ++harness.nowMs)
  harness.close(changed, 1)
  harness.close(harness.open(2, { decision: 'block' }), 0, 'blocked')
  aggregator.poll()
  t.same(table(metrics.flows.samples()), { 'tunnel http1': 1, 'block http1': 1 })
  t.end()
})

t.test('a ring that is too small drops ordinary events, and /metrics stays right to the request', (t) => {
  const { harness, aggregator, metrics, sink } = make({ capacity: 8_192 })
  const random = seededRandom(5)
  const expected: Record<string, number> = {}
  for (let number = 1; number <= 200; number++) {
    const flow = harness.open(number)
    for (let exchange = 0; exchange < 3; exchange++) {
      const status = 200 + 100 * Math.floor(random() * 4)
      // Far more ordinary events than the ring can hold between two polls.
      for (let chunk = 0; chunk < 100; chunk++) {
        harness.writer(1).bodyChunk('response_body_chunk', flow, exchange, chunk, 1, undefined, ++harness.nowMs)
      }
      harness.exchange(flow, 1, exchange, { status })
      const key = `http1 GET ${status / 100}xx`
      expected[key] = (expected[key] ?? 0) + 1
    }
    t.ok(harness.close(flow, 1))
    aggregator.poll()
  }
  t.ok((aggregator.rings.rings[1]?.drops(13) ?? 0) > 10_000, 'it did drop')
  t.same(table(metrics.requests.samples()), expected)
  t.same(table(metrics.flows.samples()), { 'intercept http1': 200 })
  t.ok(gapsAreAnnounced(sink.events), 'and every gap in flow_seq is announced')
  t.equal(aggregator.flows.size, 0)
  t.end()
})

function gapsAreAnnounced(events: readonly SothEvent[]): boolean {
  const next = new Map<string, number>()
  for (const event of events) {
    let expected = next.get(event.flow_id) ?? 0
    if (event.event === 'events_dropped') {
      if (event.first_seq !== expected) return false
      expected += event.count ?? 0
    }
    if (event.flow_seq !== expected) return false
    next.set(event.flow_id, expected + 1)
  }
  return true
}
