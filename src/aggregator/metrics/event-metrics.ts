/**
 * EventMetrics: what the records tell, counted. Aggregator thread.
 *
 * Exchanges and flows are counted from their terminal events alone: those have reserved room in the ring, so `/metrics` stays
 * right to the request where ordinary events are dropped. A record costs a few loads and additions here: label sets are made
 * at the scrape (`counter-grid.ts`).
 */

import { CLOSE_REASONS } from '../../shared/events/close-reasons.ts'
import { PROTOCOLS, type Protocol } from '../../shared/events/protocols.ts'
import { CODEC_BY_ID, fieldIndex } from '../../shared/events/record/event-codecs.ts'
import { NO_STREAM } from '../../shared/events/record/record-descriptor.ts'
import type { RecordReader } from '../../shared/events/record/record-reader.ts'
import {
  ACTIONS,
  DECISION_PHASES,
  EVENTS,
  HTTP3_ACTIONS,
  HTTP3_SOURCES,
  TLS_REASONS,
  TLS_SIDES,
  TLS_SOURCES,
} from '../../shared/events/schema.ts'
import { saysNotApplicable } from '../../shared/faults/not-applicable.ts'
import type { Flow } from '../flows/flow-table.ts'
import { CodeCounter } from './code-counter.ts'
import { CodePairCounter } from './code-pair-counter.ts'
import { CounterGrid } from './counter-grid.ts'
import { HistogramGrid } from './histogram-grid.ts'
import type { Sample } from './sample.ts'
import { TopHosts } from './top-hosts.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'other'] as const
const OTHER_METHOD = METHODS.length - 1
const METHOD_TEXTS: readonly Uint8Array[] = METHODS.slice(0, OTHER_METHOD).map((method) => Buffer.from(method))
/** By the first digit of the status. */
const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const
/** Flows that ended before policy was asked. */
const DECISIONS = [...ACTIONS, 'none'] as const
const NO_DECISION = DECISIONS.length - 1
const OUTCOMES = ['succeeded', ...TLS_REASONS] as const
const OTHER_OUTCOME = OUTCOMES.length - 1
const PROTOCOL_INDEX: ReadonlyMap<Protocol, number> = new Map(PROTOCOLS.map((protocol, index) => [protocol, index]))
const MS_PER_SECOND = 1_000

const CLOSE_REASON = fieldIndex('stream_closed', 'close_reason')
const VIOLATION = fieldIndex('stream_closed', 'violation')
const STATUS = fieldIndex('stream_closed', 'status')
const METHOD = fieldIndex('stream_closed', 'method')
const DURATION = fieldIndex('stream_closed', 'duration_ms')
const TTFB = fieldIndex('stream_closed', 'ttfb_ms')
const SUCCEEDED_SIDE = fieldIndex('tls_handshake_succeeded', 'side')
const SUCCEEDED_DURATION = fieldIndex('tls_handshake_succeeded', 'duration_ms')
const SUCCEEDED_SOURCE = fieldIndex('tls_handshake_succeeded', 'source')
const FAILED_SIDE = fieldIndex('tls_handshake_failed', 'side')
const FAILED_REASON = fieldIndex('tls_handshake_failed', 'reason')
const FAILED_SOURCE = fieldIndex('tls_handshake_failed', 'source')
const FAILED_DURATION = fieldIndex('tls_handshake_failed', 'duration_ms')
const FAULT_RULE = fieldIndex('fault_injected', 'rule')
const FAULT_KIND = fieldIndex('fault_injected', 'kind')
const FAULT_APPLIED = fieldIndex('fault_injected', 'applied')
const DIFFERENCE_PHASE = fieldIndex('policy_difference', 'phase')
const DIFFERENCE_ACTIVE = fieldIndex('policy_difference', 'active')
const DIFFERENCE_SHADOW = fieldIndex('policy_difference', 'shadow')
const DECISION = fieldIndex('connect_decision', 'decision')
const HTTP3_SOURCE = fieldIndex('http3_passthrough', 'source')
const HTTP3_ACTION = fieldIndex('http3_passthrough', 'action')

const INFERRED = TLS_SOURCES.indexOf('inferred')

export class EventMetrics {
  readonly flows = new CounterGrid({ decision: DECISIONS, protocol: PROTOCOLS })
  readonly flowCloses = new CounterGrid({ close_reason: CLOSE_REASONS }, true)
  readonly handshakes = new CounterGrid({ side: TLS_SIDES, outcome: OUTCOMES, source: TLS_SOURCES }, true)
  readonly handshakeDurations = new HistogramGrid('soth_mitm_tls_handshake_duration_seconds', { side: TLS_SIDES, outcome: OUTCOMES })
  readonly handshakesByHost: TopHosts
  readonly requests = new CounterGrid({ protocol: PROTOCOLS, method: METHODS, status_class: STATUS_CLASSES })
  readonly requestCloses = new CounterGrid({ protocol: PROTOCOLS, close_reason: CLOSE_REASONS })
  readonly requestDurations = new HistogramGrid('soth_mitm_request_duration_seconds', { protocol: PROTOCOLS })
  readonly timesToFirstByte = new HistogramGrid('soth_mitm_time_to_first_byte_seconds', { protocol: PROTOCOLS })
  readonly violations = new CodeCounter('violation')
  readonly policyDifferences = new CounterGrid({ phase: DECISION_PHASES, active: ACTIONS, shadow: ACTIONS })
  readonly faults = new CodePairCounter('rule', 'kind')
  readonly http3Offers = new CounterGrid({ source: HTTP3_SOURCES, action: HTTP3_ACTIONS })
  readonly #events = new Float64Array(CODEC_BY_ID.length)

  constructor(metricHosts: number) {
    const cells = TLS_SIDES.flatMap((side) => OUTCOMES.flatMap((outcome) => TLS_SOURCES.map((source) => ({ side, outcome, source }))))
    this.handshakesByHost = new TopHosts(metricHosts, cells)
  }

  /** Counts the record at which `reader` stands; `flow` is its flow. */
  observe(reader: RecordReader, flow: Flow): void {
    const { id } = reader
    this.#events[id] = (this.#events[id] as number) + 1
    switch (id) {
      case EVENTS.stream_closed.id:
        if (reader.stream === NO_STREAM) this.#flowClosed(reader, flow)
        else this.#exchangeClosed(reader, flow)
        return
      case EVENTS.tls_handshake_succeeded.id:
        this.#handshake(flow, reader.index(SUCCEEDED_SIDE), 0, reader.index(SUCCEEDED_SOURCE), reader.number(SUCCEEDED_DURATION))
        return
      case EVENTS.tls_handshake_failed.id: {
        const reason = reader.index(FAILED_REASON)
        const outcome = reason === -1 ? OTHER_OUTCOME : 1 + reason
        this.#handshake(flow, reader.index(FAILED_SIDE), outcome, reader.index(FAILED_SOURCE), reader.number(FAILED_DURATION))
        return
      }
      case EVENTS.fault_injected.id:
        if (saysNotApplicable(reader.text(FAULT_APPLIED))) return
        this.faults.add(reader.text(FAULT_RULE) ?? '', reader.text(FAULT_KIND) ?? '')
        return
      case EVENTS.policy_difference.id:
        this.policyDifferences.add(reader.index(DIFFERENCE_PHASE), reader.index(DIFFERENCE_ACTIVE), reader.index(DIFFERENCE_SHADOW))
        return
      case EVENTS.http3_passthrough.id:
        this.http3Offers.add(reader.index(HTTP3_SOURCE), reader.index(HTTP3_ACTION))
        return
      case EVENTS.connect_decision.id:
        flow.decision = reader.index(DECISION)
        return
    }
  }

  /** Counts a flow that the aggregator itself has ended. */
  flowEnded(flow: Flow, reason: number): void {
    this.#events[EVENTS.stream_closed.id] = (this.#events[EVENTS.stream_closed.id] as number) + 1
    this.flows.add(flow.decision === -1 ? NO_DECISION : flow.decision, protocolIndex(flow.protocol))
    this.flowCloses.add(reason)
  }

  /** Counts an exchange that the aggregator itself has ended: its method and status are not known to it. */
  exchangeEnded(protocol: Protocol, reason: number): void {
    this.#events[EVENTS.stream_closed.id] = (this.#events[EVENTS.stream_closed.id] as number) + 1
    this.requests.add(protocolIndex(protocol), OTHER_METHOD, 0)
    this.requestCloses.add(protocolIndex(protocol), reason)
  }

  events(): Sample[] {
    return CODEC_BY_ID.flatMap((codec) =>
      codec === undefined ? [] : [{ labels: { event: codec.name }, value: this.#events[codec.id] ?? 0 }],
    )
  }

  #flowClosed(reader: RecordReader, flow: Flow): void {
    this.flows.add(flow.decision === -1 ? NO_DECISION : flow.decision, protocolIndex(reader.protocol))
    this.flowCloses.add(Math.max(0, reader.index(CLOSE_REASON)))
    this.#violation(reader, flow)
  }

  #exchangeClosed(reader: RecordReader, flow: Flow): void {
    const protocol = protocolIndex(reader.protocol)
    const status = reader.number(STATUS)
    const statusClass = status >= 100 && status < 600 ? Math.floor(status / 100) : 0
    const method = reader.textIndex(METHOD, METHOD_TEXTS)
    this.requests.add(protocol, method === -1 ? OTHER_METHOD : method, statusClass)
    this.requestCloses.add(protocol, Math.max(0, reader.index(CLOSE_REASON)))
    this.requestDurations.observe(reader.number(DURATION) / MS_PER_SECOND, protocol)
    this.timesToFirstByte.observe(reader.number(TTFB) / MS_PER_SECOND, protocol)
    this.#violation(reader, flow)
  }

  /** A violation that ends an exchange often ends its flow too: it is counted once. */
  #violation(reader: RecordReader, flow: Flow): void {
    const violation = reader.text(VIOLATION)
    if (violation === undefined) return
    const told = reader.stream === NO_STREAM && flow.violation === violation
    flow.violation = violation
    if (!told) this.violations.add(violation)
  }

  #handshake(flow: Flow, side: number, outcome: number, told: number, durationMs: number): void {
    if (side === -1) return
    // What nobody vouches for is inferred.
    const source = told === -1 ? INFERRED : told
    this.handshakes.add(side, outcome, source)
    this.handshakeDurations.observe(durationMs / MS_PER_SECOND, side, outcome)
    this.handshakesByHost.add(flow.context.server_host, (side * OUTCOMES.length + outcome) * TLS_SOURCES.length + source)
  }
}

function protocolIndex(protocol: Protocol): number {
  return PROTOCOL_INDEX.get(protocol) ?? 0
}
