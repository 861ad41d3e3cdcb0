/** AggregatorHarness: rings with an acceptor's and workers' writers, and flows that go from one to the other. */

import { setTimeout as delay } from 'node:timers/promises'
import type { OutgoingEvent, Sink } from '../../../src/aggregator/sinks/sink.ts'
import type { AggregatorOptions, AggregatorThreadData } from '../../../src/shared/aggregator-protocol.ts'
import { allocateCounters } from '../../../src/shared/counters/counters-view.ts'
import type { CloseReason } from '../../../src/shared/events/close-reasons.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { FlowCursor } from '../../../src/shared/events/flow-cursor.ts'
import type { StreamEnd } from '../../../src/shared/events/record/event-input.ts'
import { NO_STREAM } from '../../../src/shared/events/record/record-descriptor.ts'
import { EventWriter } from '../../../src/shared/events/record/record-writer.ts'
import { Doorbell } from '../../../src/shared/ring/doorbell.ts'
import { allocateRing } from '../../../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../../../src/shared/ring/ring-producer.ts'
import type { TimeOrigin } from '../../../src/shared/ring/time-origin.ts'

const ORIGIN: TimeOrigin = { wallMs: 1_700_000_000_000, monoNs: 0n }

export interface ExchangeShape {
  readonly method?: string
  readonly status?: number
  readonly reason?: CloseReason
  readonly violation?: string | undefined
  readonly durationMs?: number
  readonly ttfbMs?: number
}

export class AggregatorHarness {
  readonly rings: readonly SharedArrayBuffer[]
  readonly counters: SharedArrayBuffer
  readonly doorbell = new Doorbell()
  /** 0 is the acceptor's. */
  readonly writers: readonly EventWriter[]
  /** Milliseconds since the rings' origin; each event is one later than the one before. */
  nowMs = 0

  constructor({ workers = 2, capacity = 65_536, origin = ORIGIN } = {}) {
    this.rings = Array.from({ length: workers + 1 }, () => allocateRing(capacity, origin))
    this.counters = allocateCounters(workers)
    this.writers = this.rings.map((memory) => new EventWriter(new RingProducer(memory, this.doorbell), 0))
  }

  data(options: Partial<AggregatorOptions> = {}): AggregatorThreadData {
    return {
      instanceId: 'test',
      version: '0.0.0',
      rings: this.rings,
      doorbell: this.doorbell.memory,
      counters: this.counters,
      options: {
        admin: false,
        adminHosts: [],
        events: undefined,
        feed: undefined,
        sidecar: undefined,
        metricHosts: 10,
        redactFields: ['cookie'],
        redactQuery: [],
        refusalCodes: ['too_many', 'bad_head'],
        ...options,
      },
    }
  }

  writer(ring: number): EventWriter {
    return this.writers[ring] as EventWriter
  }

  /** What the acceptor tells of a flow before it hands it off: context and two events. */
  open(number: number, { host = 'a.example', decision = 'intercept' as 'intercept' | 'tunnel' | 'block' } = {}): FlowCursor {
    const flow = new FlowCursor(number, 0, 'http1')
    const acceptor = this.writer(0)
    acceptor.flowContext(flow, '192.0.2.1:5000', host, 443, ++this.nowMs)
    acceptor.emit('connect_received', flow, { method: 'CONNECT', authority: `${host}:443` }, ++this.nowMs)
    acceptor.emit('connect_decision', flow, { decision, rule: 'default', phase: 'connect' }, ++this.nowMs)
    return flow
  }

  request(flow: FlowCursor, ring: number, exchange: number, method = 'GET'): void {
    const fields = [
      ['Host', 'a.example'],
      ['Cookie', 'secret'],
    ] as const
    this.writer(ring).emit('request_headers', flow, { method, path: '/', version: 'HTTP/1.1', fields }, ++this.nowMs, exchange)
  }

  /** A whole exchange: request, response, terminal event. */
  exchange(flow: FlowCursor, ring: number, exchange: number, shape: ExchangeShape = {}): void {
    this.request(flow, ring, exchange, shape.method)
    this.writer(ring).emit('response_headers', flow, { status: shape.status ?? 200, version: 'HTTP/1.1' }, ++this.nowMs, exchange)
    this.end(flow, ring, exchange, { reason: 'completed', status: 200, method: 'GET', durationMs: 20, ttfbMs: 4, ...shape })
  }

  close(flow: FlowCursor, ring: number, reason: CloseReason = 'relay_eof'): boolean {
    return this.end(flow, ring, NO_STREAM, { reason })
  }

  end(flow: FlowCursor, ring: number, stream: number, shape: ExchangeShape): boolean {
    return this.writer(ring).streamClosed(flow, stream, streamEnd(shape), ++this.nowMs)
  }
}

function streamEnd(shape: ExchangeShape): StreamEnd {
  return {
    closeReason: shape.reason ?? 'completed',
    violation: shape.violation,
    status: shape.status ?? -1,
    method: shape.method,
    bytesClient: 10,
    bytesOrigin: 20,
    durationMs: shape.durationMs ?? Number.NaN,
    ttfbMs: shape.ttfbMs ?? Number.NaN,
    code: -1,
    opaque: false,
    detail: undefined,
  }
}

/** A sink that keeps everything, in both forms. */
export class CollectingSink implements Sink {
  readonly kind = 'collecting'
  delivered = 0
  readonly dropped = 0
  readonly lag = 0
  batches = 0
  closed = false
  readonly events: SothEvent[] = []
  readonly lines: string[] = []

  accept(event: OutgoingEvent): void {
    this.lines.push(Buffer.from(event.line()).toString())
    this.events.push(event.object())
    this.delivered++
  }

  endBatch(): void {
    this.batches++
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

/** Waits until `condition` holds; throws after `deadlineMs`. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = 300_000): Promise<void> {
  for (const endMs = performance.now() + deadlineMs; !(await condition()); ) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await delay(2)
  }
}
