/** StreamSink: bounds in events and octets, the loss notice in its place, batches, ends. */

import t from 'tap'
import { Clock } from '../../../src/aggregator/clock.ts'
import { OutgoingObject } from '../../../src/aggregator/flows/worker-lost.ts'
import { LossNotice } from '../../../src/aggregator/sinks/loss-notice.ts'
import type { OutgoingEvent } from '../../../src/aggregator/sinks/sink.ts'
import { type EventStream, StreamSink, type WriteEnd } from '../../../src/aggregator/sinks/stream-sink.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'

const OCTETS = 10

/** A stream whose writes leave when the test says so. */
class HeldStream implements EventStream {
  readonly events: SothEvent[] = []
  readonly waiting: WriteEnd[] = []
  readonly calls: string[] = []

  send(event: OutgoingEvent, onWritten: WriteEnd): number {
    this.events.push(event.object())
    this.waiting.push(onWritten)
    return OCTETS
  }
  hold(): void {
    this.calls.push('hold')
  }
  release(): void {
    this.calls.push('release')
  }
  end(): Promise<void> {
    this.calls.push('end')
    return Promise.resolve()
  }
  leave(count: number, error?: Error): void {
    for (const written of this.waiting.splice(0, count)) written(error)
  }
}

function make({ queue = 10, queueBytes = 1_000, filter = {} } = {}) {
  const stream = new HeldStream()
  const sink = new StreamSink(stream, {
    kind: 'test',
    filter,
    queue,
    queueBytes,
    notice: new LossNotice('i', new Clock({ wallMs: 0, monoNs: 0n })),
  })
  const accept = (from: number, to: number, event = 'sse_event') => {
    for (let n = from; n < to; n++) sink.accept(new OutgoingObject({ event, flow_id: 'i-1', flow_seq: n } as SothEvent))
    sink.endBatch()
  }
  return { stream, sink, accept }
}

t.test('what passes the queue is lost, and told once half of it is free', (t) => {
  const { stream, sink, accept } = make()
  accept(0, 25)
  t.equal(sink.lag, 10)
  t.equal(sink.dropped, 15)
  stream.leave(4)
  t.equal(stream.events.length, 10, 'not yet')
  accept(25, 26)
  t.equal(sink.dropped, 16, 'losses stay together')
  stream.leave(1)
  t.match(stream.events[10], { event: 'events_dropped', count: 16, flow_seq: 0 })
  t.same(stream.calls, ['hold', 'release', 'hold', 'release'], 'the notice leaves at once')
  accept(26, 28)
  t.equal(stream.events.length, 13)
  stream.leave(20)
  t.equal(sink.lag, 0)
  t.equal(sink.delivered, 13)
  t.end()
})

t.test('octets bound it as well', (t) => {
  const { stream, sink, accept } = make({ queue: 1_000, queueBytes: 3 * OCTETS })
  accept(0, 9)
  t.equal(stream.events.length, 3)
  t.equal(sink.dropped, 6)
  stream.leave(1)
  t.equal(stream.events.length, 3)
  stream.leave(1)
  t.match(stream.events[3], { event: 'events_dropped', count: 6 })
  t.end()
})

t.test('the account holds over many rounds of the circle', (t) => {
  const { stream, sink, accept } = make({ queue: 3 })
  for (let round = 0; round < 50; round++) {
    accept(0, 5)
    stream.leave(5)
    stream.leave(5)
  }
  t.equal(sink.lag, 0)
  t.equal(sink.delivered, stream.events.length)
  const told = stream.events.reduce((sum, event) => sum + (event.event === 'events_dropped' ? (event.count ?? 0) : 1), 0)
  t.equal(told, 250)
  t.end()
})

t.test('a write that failed is lost; a batch without events holds nothing', (t) => {
  const { stream, sink, accept } = make({ filter: { events: ['sse_event'] } })
  accept(0, 3, 'mcp_message')
  t.same(stream.calls, [])
  accept(0, 3)
  stream.leave(3, new Error('gone'))
  t.equal(sink.dropped, 3)
  t.equal(sink.delivered, 0)
  t.end()
})

t.test('a filter can change; the end announces, and nothing comes after it', async (t) => {
  const { stream, sink, accept } = make({ queue: 2 })
  sink.refilter({ events: ['mcp_message'] })
  accept(0, 3)
  accept(3, 6, 'mcp_message')
  await sink.close()
  await sink.close()
  accept(6, 7, 'mcp_message')
  t.same(
    stream.events.map((event) => event.flow_seq),
    [3, 4, 0],
  )
  t.match(stream.events[2], { event: 'events_dropped', count: 1 })
  t.same(stream.calls, ['hold', 'release', 'hold', 'release', 'end'])
  stream.leave(3)
  t.equal(sink.lag, 0)
})
