/**
 * The table of metrics: every name that `/metrics` shows beside prom-client's process defaults, with type, help and labels.
 *
 * The one place where a metric is declared. `docs/metrics.md` is made from it and kept equal by a test; `metric-registry.ts`
 * refuses a metric that has no source, and a source that has no metric. Aggregator thread.
 *
 * Names follow Prometheus: base units (seconds, bytes), `_total` on counters. Labels take values from closed lists, save
 * `host`, which is bounded (`top-hosts.ts`), and codes, which end in `other` (`code-counter.ts`).
 */

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram's buckets, ascending, without +Inf. */
  readonly buckets?: readonly number[]
}

const counter = (help: string, ...labels: string[]): MetricSpec => ({ type: 'counter', help, labels })
const gauge = (help: string, ...labels: string[]): MetricSpec => ({ type: 'gauge', help, labels })
const histogram = (help: string, buckets: readonly number[], ...labels: string[]): MetricSpec => ({
  type: 'histogram',
  help,
  labels,
  buckets,
})

/** Loopback to a slow model's first token: 1 ms … 60 s. */
const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Exchanges include streams that last for minutes. */
const DURATION_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800]
/** A handshake on loopback takes 1 ms, one that fails by deadline 10 s. */
const HANDSHAKE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const METRICS = {
  soth_mitm_info: gauge('Always 1; labels name the running version and instance.', 'version', 'instance'),
  soth_mitm_ready: gauge('1 while the engine accepts connections, 0 while it starts or drains.'),
  soth_mitm_connections_accepted_total: counter('Client connections accepted.'),
  soth_mitm_connections_active: gauge('Client connections open.'),
  soth_mitm_connections_refused_total: counter('Client connections answered with a refusal, by reason code.', 'reason'),
  soth_mitm_flows_total: counter('Flows ended, by the decision of policy and their last protocol.', 'decision', 'protocol'),
  soth_mitm_flows_open: gauge('Flows in the aggregator’s flow table.'),
  soth_mitm_flow_closes_total: counter('Flows ended, by close reason.', 'close_reason'),
  soth_mitm_flow_table_evictions_total: counter('Flows forgotten because the flow table was full.'),
  soth_mitm_tls_handshakes_total: counter(
    'TLS handshakes ended, by side, outcome (succeeded, or the failure’s reason) and source: authoritative, or inferred from what was seen.',
    'side',
    'outcome',
    'source',
  ),
  soth_mitm_tls_handshake_duration_seconds: histogram('Duration of TLS handshakes.', HANDSHAKE_SECONDS, 'side', 'outcome'),
  soth_mitm_tls_host_handshakes_total: counter(
    'TLS handshakes ended per host: the busiest hosts have their own label, the rest is `other`.',
    'host',
    'side',
    'outcome',
    'source',
  ),
  soth_mitm_requests_total: counter(
    'Exchanges ended, by protocol, method and status class (`none`: no response).',
    'protocol',
    'method',
    'status_class',
  ),
  soth_mitm_request_closes_total: counter('Exchanges ended, by protocol and close reason.', 'protocol', 'close_reason'),
  soth_mitm_request_duration_seconds: histogram('From a request’s first octet to the end of its exchange.', DURATION_SECONDS, 'protocol'),
  soth_mitm_time_to_first_byte_seconds: histogram('From the request head to the response head.', LATENCY_SECONDS, 'protocol'),
  soth_mitm_violations_total: counter(
    'Rules broken by clients and origins that ended a flow or exchange, by code (docs/errors.md).',
    'violation',
  ),
  soth_mitm_policy_differences_total: counter(
    'Decisions that the policy beside the one in force makes otherwise.',
    'phase',
    'active',
    'shadow',
  ),
  soth_mitm_faults_injected_total: counter('Faults injected, by rule and kind.', 'rule', 'kind'),
  soth_mitm_alt_svc_offers_total: counter(
    'Flows whose origin offered HTTP/3 by Alt-Svc, by where and by what became of the offer.',
    'source',
    'action',
  ),
  soth_mitm_bytes_total: counter(
    'Plaintext octets relayed, by the side that sent them; those of flows that a lost worker took along are here and in no event.',
    'direction',
  ),
  soth_mitm_events_total: counter('Events taken from the rings, by name.', 'event'),
  soth_mitm_events_dropped_total: counter('Events lost because a ring was full, by name.', 'event'),
  soth_mitm_ring_fill_ratio: gauge('Share of an event ring in use at the scrape.', 'ring'),
  soth_mitm_worker_flows_active: gauge('Flows that a worker is serving.', 'worker'),
  soth_mitm_worker_event_loop_delay_seconds: gauge(
    'Event-loop delay over the worker’s last interval: percentiles 50, 99 and 100, which is the longest.',
    'worker',
    'percentile',
  ),
  soth_mitm_worker_event_loop_utilization_ratio: gauge('Share of its last interval in which the worker’s event loop was busy.', 'worker'),
  soth_mitm_worker_heap_used_bytes: gauge('JavaScript heap that a worker uses.', 'worker'),
  soth_mitm_worker_sessions_adopted_total: counter('Sessions that a worker has taken over from the acceptor.', 'worker'),
  soth_mitm_worker_sessions_lost_total: counter('Sessions that ended because their worker did.', 'worker'),
  soth_mitm_workers_lost_total: counter('Workers that ended without being asked to.'),
  soth_mitm_tls_resumptions_total: counter('TLS handshakes that resumed an earlier session, by side.', 'side'),
  soth_mitm_leaf_cache_hits_total: counter('Leaf certificates found in the cache.', 'worker'),
  soth_mitm_leaf_cache_misses_total: counter('Leaf certificates that the cache did not have.', 'worker'),
  soth_mitm_leaf_contexts_minted_total: counter('Leaf certificates minted, with their TLS context.', 'worker'),
  soth_mitm_origin_connections_reused_total: counter('Parked origin connections that served another client.'),
  soth_mitm_origin_connections_reopened_total: counter(
    'Of these, those that were lost before an answer, with another opened in their place.',
  ),
  soth_mitm_sink_events_total: counter('Events given to a sink.', 'sink'),
  soth_mitm_sink_dropped_total: counter('Events that a sink lost because it was slow or failed.', 'sink'),
  soth_mitm_sink_lag_events: gauge('Events that a sink holds and has not delivered.', 'sink'),
  soth_mitm_feed_clients: gauge('Clients of the live feed.'),
  soth_mitm_sidecar_clients: gauge('Subscribers of the sidecar.'),
} as const satisfies Record<string, MetricSpec>

export type MetricName = keyof typeof METRICS
