/**
 * metricSources: where each metric of the table gets its samples from, at the scrape. Aggregator thread.
 *
 * Three origins: records (`event-metrics.ts`), the shared counters that acceptor and workers write (read here, so that a
 * scrape sees them as they are), and the aggregator's own rings, flow table and sinks.
 */

import type { WorkerGauge, WorkerTotal } from '../../shared/counters/counters-descriptor.ts'
import type { CountersView } from '../../shared/counters/counters-view.ts'
import { CODEC_BY_ID } from '../../shared/events/record/event-codecs.ts'
import { TLS_SIDES } from '../../shared/events/schema.ts'
import { SIDE_NAMES } from '../../shared/side.ts'
import type { Aggregator } from '../aggregator.ts'
import type { SinkTotals } from '../sinks/sink-set.ts'
import type { MetricSources } from './metric-registry.ts'
import type { Sample } from './sample.ts'

export interface MetricOrigins {
  readonly aggregator: Aggregator
  readonly counters: CountersView
  readonly refusalCodes: readonly string[]
  feedClients(): number
  sidecarClients(): number
  readonly version: string
  readonly instanceId: string
}

const NO_LABELS = {}
const MS_PER_SECOND = 1_000

export function metricSources(origins: MetricOrigins): MetricSources {
  return {
    ...engineSources(origins),
    ...recordSources(origins.aggregator),
    ...workerSources(origins),
    ...aggregatorSources(origins.aggregator),
    soth_mitm_feed_clients: () => single(origins.feedClients()),
    soth_mitm_sidecar_clients: () => single(origins.sidecarClients()),
  }
}

function engineSources({ counters, refusalCodes, version, instanceId }: MetricOrigins) {
  return {
    soth_mitm_info: () => [{ labels: { version, instance: instanceId }, value: 1 }],
    soth_mitm_ready: () => single(counters.state === 'ready' ? 1 : 0),
    soth_mitm_connections_accepted_total: () => single(counters.acceptor('accepted')),
    soth_mitm_connections_active: () => single(counters.active),
    soth_mitm_connections_refused_total: () => refusalCodes.map((reason, slot) => ({ labels: { reason }, value: counters.refused(slot) })),
  }
}

function recordSources({ metrics }: Aggregator) {
  return {
    soth_mitm_flows_total: () => metrics.flows.samples(),
    soth_mitm_flow_closes_total: () => metrics.flowCloses.samples(),
    soth_mitm_tls_handshakes_total: () => metrics.handshakes.samples(),
    soth_mitm_tls_handshake_duration_seconds: () => metrics.handshakeDurations.samples(),
    soth_mitm_tls_host_handshakes_total: () => {
      metrics.handshakesByHost.rebalance(performance.now())
      return metrics.handshakesByHost.samples()
    },
    soth_mitm_requests_total: () => metrics.requests.samples(),
    soth_mitm_request_closes_total: () => metrics.requestCloses.samples(),
    soth_mitm_request_duration_seconds: () => metrics.requestDurations.samples(),
    soth_mitm_time_to_first_byte_seconds: () => metrics.timesToFirstByte.samples(),
    soth_mitm_violations_total: () => metrics.violations.samples(),
    soth_mitm_policy_differences_total: () => metrics.policyDifferences.samples(),
    soth_mitm_faults_injected_total: () => metrics.faults.samples(),
    soth_mitm_alt_svc_offers_total: () => metrics.http3Offers.samples(),
    soth_mitm_events_total: () => metrics.events(),
  }
}

function workerSources({ counters }: MetricOrigins) {
  const workers = Array.from({ length: counters.workers }, (_, n) => n + 1)
  const perWorker = (read: (worker: number) => number) => (): Sample[] =>
    workers.map((worker) => ({ labels: { worker }, value: read(worker) }))
  const total = (name: WorkerTotal) => perWorker((worker) => counters.worker(worker, name))
  const sum = (name: WorkerTotal) => workers.reduce((all, worker) => all + counters.worker(worker, name), 0)
  const bytes = { client: 'bytes_client', origin: 'bytes_origin' } as const
  const resumed = { client: 'resumed_client', upstream: 'resumed_upstream' } as const
  const delays: Readonly<Record<string, WorkerGauge>> = { 50: 'loop_delay_p50_ms', 99: 'loop_delay_p99_ms', 100: 'loop_delay_max_ms' }
  return {
    soth_mitm_bytes_total: () => SIDE_NAMES.map((direction) => ({ labels: { direction }, value: sum(bytes[direction]) })),
    soth_mitm_worker_flows_active: perWorker((worker) => counters.load(worker)),
    soth_mitm_worker_event_loop_delay_seconds: () =>
      workers.flatMap((worker) =>
        Object.entries(delays).map(([percentile, gauge]) => ({
          labels: { worker, percentile },
          value: counters.gauge(worker, gauge) / MS_PER_SECOND,
        })),
      ),
    soth_mitm_worker_event_loop_utilization_ratio: perWorker((worker) => counters.gauge(worker, 'loop_utilization')),
    soth_mitm_worker_heap_used_bytes: perWorker((worker) => counters.gauge(worker, 'heap_used_bytes')),
    soth_mitm_worker_sessions_adopted_total: total('adopted'),
    soth_mitm_worker_sessions_lost_total: perWorker((worker) => counters.shard(worker, 'lost')),
    soth_mitm_tls_resumptions_total: () => TLS_SIDES.map((side) => ({ labels: { side }, value: sum(resumed[side]) })),
    soth_mitm_leaf_cache_hits_total: total('leaf_cache_hits'),
    soth_mitm_leaf_cache_misses_total: total('leaf_cache_misses'),
    soth_mitm_leaf_contexts_minted_total: total('contexts_minted'),
    soth_mitm_origin_connections_reused_total: () => single(sum('origins_reused')),
    soth_mitm_origin_connections_reopened_total: () => single(sum('origins_reopened')),
  }
}

function aggregatorSources(aggregator: Aggregator) {
  const { rings } = aggregator.rings
  const drops = (event: number) => rings.reduce((sum, ring) => sum + ring.drops(event), 0)
  const sinks = (read: (totals: SinkTotals) => number) => (): Sample[] =>
    Array.from(aggregator.sinks.totals(), ([sink, totals]) => ({ labels: { sink }, value: read(totals) }))
  return {
    soth_mitm_flows_open: () => single(aggregator.flows.size),
    soth_mitm_flow_table_evictions_total: () => single(aggregator.flows.evictions),
    soth_mitm_events_dropped_total: () =>
      CODEC_BY_ID.flatMap((codec) => (codec === undefined ? [] : [{ labels: { event: codec.name }, value: drops(codec.id) }])),
    soth_mitm_ring_fill_ratio: () => rings.map((ring) => ({ labels: { ring: ring.number }, value: ring.fill / ring.capacity })),
    soth_mitm_workers_lost_total: () => single(aggregator.workersLost),
    soth_mitm_sink_events_total: sinks((totals) => totals.delivered),
    soth_mitm_sink_dropped_total: sinks((totals) => totals.dropped),
    soth_mitm_sink_lag_events: sinks((totals) => totals.lag),
  }
}

function single(value: number): Sample[] {
  return [{ labels: NO_LABELS, value }]
}
