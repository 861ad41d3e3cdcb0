/** MetricRegistry and its sources: the exposition parses, agrees with the counters, and holds what the table says. */

import t from 'tap'
import { Aggregator } from '../../../src/aggregator/aggregator.ts'
import { MetricRegistry } from '../../../src/aggregator/metrics/metric-registry.ts'
import { metricSources } from '../../../src/aggregator/metrics/metric-sources.ts'
import { METRICS, type MetricSpec } from '../../../src/aggregator/metrics/metric-table.ts'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import { CountersView } from '../../../src/shared/counters/counters-view.ts'
import { WorkerCounters } from '../../../src/shared/counters/worker-counters.ts'
import { AggregatorHarness, CollectingSink } from '../../support/harnesses/aggregator-harness.ts'
import { parseExposition } from '../../support/recorders/parse-exposition.ts'

t.setTimeout(600_000)

function make() {
  const harness = new AggregatorHarness()
  const aggregator = new Aggregator({ instanceId: 'i', rings: harness.rings, metricHosts: 2, redactFields: [] })
  const counters = new CountersView(harness.counters)
  const sources = metricSources({
    aggregator,
    counters,
    refusalCodes: ['too_many', 'bad_head'],
    feedClients: () => 3,
    sidecarClients: () => 1,
    version: '1.2.3',
    instanceId: 'i',
  })
  return { harness, aggregator, registry: new MetricRegistry(sources, { processMetrics: false }) }
}

t.test('the exposition holds exactly the metrics of the table, with their types and labels', async (t) => {
  const { harness, aggregator, registry } = make()
  const flow = harness.open(1, { host: 'quote"d\\host\n.example' })
  harness.writer(1).emit('tls_handshake_succeeded', flow, { side: 'client', source: 'authoritative', duration_ms: 3 }, 9)
  harness.writer(1).emit('policy_difference', flow, { phase: 'connect', active: 'intercept', shadow: 'block' }, 9)
  harness.writer(1).emit('fault_injected', flow, { rule: 'r', kind: 'k' }, 9)
  harness.writer(1).emit('http3_passthrough', flow, { source: 'frame', action: 'left' }, 9)
  harness.exchange(flow, 1, 0, { violation: 'v' })
  harness.close(flow, 1)
  aggregator.sinks.add(new CollectingSink())
  aggregator.poll()
  const exposition = parseExposition(await registry.expose())
  t.same(
    [...exposition.types],
    Object.entries<MetricSpec>(METRICS).map(([name, spec]) => [name, spec.type]),
  )
  const seen = new Set<string>()
  for (const { name, labels } of exposition.samples) {
    const metric = name in METRICS ? name : name.replace(/_(bucket|sum|count)$/, '')
    const spec: MetricSpec | undefined = METRICS[metric as keyof typeof METRICS]
    seen.add(metric)
    t.same(
      Object.keys(labels).filter((label) => label !== 'le'),
      spec?.labels,
      metric,
    )
  }
  t.same(
    Object.keys(METRICS).filter((name) => !seen.has(name)),
    [],
    'every metric has a sample once something has happened',
  )
  t.equal(
    exposition.value('soth_mitm_tls_host_handshakes_total', {
      host: 'quote"d\\host\n.example',
      side: 'client',
      outcome: 'succeeded',
      source: 'authoritative',
    }),
    1,
  )
  t.match(registry.contentType, /^text\/plain; version=0\.0\.4/)
})

t.test('counters are read where acceptor and workers write them', async (t) => {
  const { harness, registry } = make()
  const acceptor = new AcceptorCounters(harness.counters)
  const worker = new WorkerCounters(harness.counters, 2)
  acceptor.setState('ready')
  acceptor.add('accepted', 5)
  acceptor.add('closed', 2)
  acceptor.addRefused(1)
  acceptor.addShard(2, 'handed_off', 3)
  worker.add('bytes_origin', 2 ** 40)
  worker.add('ended', 1)
  worker.add('resumed_upstream', 4)
  worker.set('loop_delay_p99_ms', 12)
  harness.open(1)
  const { value } = parseExposition(await registry.expose())
  t.equal(value('soth_mitm_info', { version: '1.2.3', instance: 'i' }), 1)
  t.equal(value('soth_mitm_ready'), 1)
  t.equal(value('soth_mitm_connections_accepted_total'), 5)
  t.equal(value('soth_mitm_connections_active'), 2, '5 accepted, 2 closed before a worker had them, 1 ended in one')
  t.equal(value('soth_mitm_connections_refused_total', { reason: 'bad_head' }), 1)
  t.equal(value('soth_mitm_connections_refused_total', { reason: 'too_many' }), 0)
  t.equal(value('soth_mitm_worker_flows_active', { worker: '2' }), 2)
  t.equal(value('soth_mitm_bytes_total', { direction: 'origin' }), 2 ** 40)
  t.equal(value('soth_mitm_tls_resumptions_total', { side: 'upstream' }), 4)
  t.equal(value('soth_mitm_worker_event_loop_delay_seconds', { worker: '2', percentile: '99' }), 0.012)
  t.ok((value('soth_mitm_ring_fill_ratio', { ring: '0' }) ?? 0) > 0, 'the ring has not been polled')
  t.equal(value('soth_mitm_flows_open'), 0)
})

t.test('the metrics of the process are there', async (t) => {
  const harness = new AggregatorHarness()
  const aggregator = new Aggregator({ instanceId: 'i', rings: harness.rings, metricHosts: 2, redactFields: [] })
  const counters = new CountersView(harness.counters)
  const registry = new MetricRegistry(
    metricSources({ aggregator, counters, refusalCodes: [], feedClients: () => 0, sidecarClients: () => 0, version: '1', instanceId: 'i' }),
  )
  const { value } = parseExposition(await registry.expose())
  t.ok((value('process_resident_memory_bytes') ?? 0) > 1e6)
})
