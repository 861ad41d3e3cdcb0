/**
 * Aggregator: joins ring records into events, keeps the flow table, counts, and feeds the sinks. Aggregator thread; knows
 * nothing of threads, timers or sockets.
 *
 *     rings ──poll──▶ record ─┬─ flow context ─▶ flow table
 *                             └─ event ─▶ flow table ─▶ metrics ─▶ sinks ──(end of poll)──▶ written, posted
 */

import { invariant } from '../shared/assert.ts'
import { JsonLineWriter } from '../shared/events/json/json-line-writer.ts'
import type { EventCodec } from '../shared/events/record/event-codecs.ts'
import { NO_STREAM } from '../shared/events/record/record-descriptor.ts'
import { RecordReader } from '../shared/events/record/record-reader.ts'
import { EVENTS } from '../shared/events/schema.ts'
import type { RecordHandler } from '../shared/ring/ring-consumer.ts'
import { RingConsumer } from '../shared/ring/ring-consumer.ts'
import { ringOrigin } from '../shared/ring/ring-memory.ts'
import { RingSet } from '../shared/ring/ring-set.ts'
import { Clock } from './clock.ts'
import { type Flow, FlowTable } from './flows/flow-table.ts'
import { OutgoingRecord } from './flows/outgoing-record.ts'
import { endedByLoss, OutgoingObject, WORKER_LOST_REASON } from './flows/worker-lost.ts'
import { EventMetrics } from './metrics/event-metrics.ts'
import { SinkSet } from './sinks/sink-set.ts'

const US_PER_MS = 1_000

export interface AggregatorSetup {
  readonly instanceId: string
  /** The acceptor's first. */
  readonly rings: readonly SharedArrayBuffer[]
  readonly metricHosts: number
  /** Names of fields, lower case, whose values no event carries. */
  readonly redactFields: readonly string[]
  /** Names of parameters of URLs whose values no event carries; absent: none. */
  readonly redactQuery?: readonly string[]
  readonly flowTableLimit?: number
}

/** A request opens an exchange; what it carries (events, MCP, WebSocket) shows in its answer, and may change its label. */
const OPENING_EVENTS: ReadonlySet<number> = new Set([EVENTS.request_headers.id, EVENTS.response_headers.id, EVENTS.websocket_opened.id])

export class Aggregator implements RecordHandler {
  readonly rings: RingSet
  readonly flows: FlowTable
  readonly metrics: EventMetrics
  readonly sinks = new SinkSet()
  readonly clock: Clock
  workersLost = 0
  readonly #readers: readonly RecordReader[]
  readonly #outgoing: readonly OutgoingRecord[]

  constructor(setup: AggregatorSetup) {
    const redacted = new Set(setup.redactFields.map((name) => name.toLowerCase()))
    this.rings = new RingSet(setup.rings.map((memory, number) => new RingConsumer(memory, number)))
    this.flows = new FlowTable(setup.instanceId, setup.flowTableLimit)
    this.metrics = new EventMetrics(setup.metricHosts)
    this.clock = new Clock(ringOrigin((this.rings.rings[0] as RingConsumer).memory))
    this.#readers = setup.rings.map((memory, worker) => new RecordReader(memory, worker, redacted, setup.redactQuery))
    const lines = new JsonLineWriter(redacted, setup.redactQuery)
    this.#outgoing = this.#readers.map((reader) => new OutgoingRecord(reader, lines))
  }

  /** Takes what lies in the rings; returns the number of records. */
  poll(): number {
    const records = this.rings.poll(this)
    if (records > 0) this.sinks.endBatch()
    return records
  }

  onRecord(ring: number, type: number, start: number, _end: number): void {
    const reader = this.#readers[ring] as RecordReader
    reader.read(type, start)
    if (reader.isFlowContext) {
      this.flows.open(reader.flow, reader.addresses).worker = reader.worker
      return
    }
    const { codec } = reader
    invariant(codec !== undefined, 'every record in a ring is a flow context or an event of the schema')
    const flow = this.flows.find(reader.flow) ?? this.flows.unknown(reader.flow)
    this.#track(reader, flow)
    this.metrics.observe(reader, flow)
    if (this.sinks.size > 0) this.#deliver(ring, codec, flow)
  }

  /**
   * The worker of ring `worker` has ended: drains what it has written, then ends its flows and those of `tickets`, which it
   * was given and never adopted.
   */
  workerLost(worker: number, tickets: readonly number[]): void {
    this.rings.drainRing(worker, this)
    this.workersLost++
    const flows = new Set(this.flows.ofWorker(worker))
    for (const number of tickets) {
      const flow = this.flows.find(number)
      if (flow !== undefined) flows.add(flow)
    }
    for (const flow of flows) this.#end(flow, worker)
    this.sinks.endBatch()
  }

  #deliver(ring: number, codec: EventCodec, flow: Flow): void {
    this.sinks.accept((this.#outgoing[ring] as OutgoingRecord).set(codec, flow))
  }

  #track(reader: RecordReader, flow: Flow): void {
    const { id, stream } = reader
    flow.worker = reader.worker
    flow.nextSeq = reader.flowSeq + 1
    if (flow.openedMs === 0) flow.openedMs = reader.timeUnixUs / US_PER_MS
    // An offer of HTTP/3 is labelled as what it is about.
    if (stream === NO_STREAM && id !== EVENTS.http3_passthrough.id) flow.protocol = reader.protocol
    if (id === EVENTS.stream_closed.id) {
      if (stream === NO_STREAM) this.flows.close(flow.number)
      else flow.closeExchange(stream)
    } else if (stream !== NO_STREAM && OPENING_EVENTS.has(id)) {
      flow.openExchange(stream, reader.protocol, reader.multiplexed)
    }
  }

  #end(flow: Flow, worker: number): void {
    flow.worker = worker
    for (const { protocol } of flow.exchanges?.values() ?? []) this.metrics.exchangeEnded(protocol, WORKER_LOST_REASON)
    this.metrics.flowEnded(flow, WORKER_LOST_REASON)
    for (const event of endedByLoss(flow, this.clock)) this.sinks.accept(new OutgoingObject(event))
    this.flows.close(flow.number)
  }
}
