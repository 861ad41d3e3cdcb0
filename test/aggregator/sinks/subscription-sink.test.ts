/** SubscriptionSink and Subscription: two ends of a port: order, credits, losses, flush, end. */

import { MessageChannel } from 'node:worker_threads'
import t from 'tap'
import { Clock } from '../../../src/aggregator/clock.ts'
import { type EventListener, Subscription } from '../../../src/aggregator/main/subscription.ts'
import { LossNotice } from '../../../src/aggregator/sinks/loss-notice.ts'
import type { OutgoingEvent } from '../../../src/aggregator/sinks/sink.ts'
import { SubscriptionSink } from '../../../src/aggregator/sinks/subscription-sink.ts'
import type { EventFilter } from '../../../src/shared/aggregator-protocol.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'

function make(listener: EventListener, queue: number, filter: EventFilter = {}) {
  const { port1, port2 } = new MessageChannel()
  let gone = 0
  const sink = new SubscriptionSink(port2, filter, queue, new LossNotice('i', new Clock({ wallMs: 0, monoNs: 0n })), () => gone++)
  const subscription = new Subscription(port1, listener)
  const accept = (from: number, to: number, name = 'request_headers') => {
    for (let n = from; n < to; n++) {
      sink.accept({ name, object: () => ({ event: name, flow_seq: n }) as SothEvent } as unknown as OutgoingEvent)
    }
    sink.endBatch()
  }
  return { sink, subscription, accept, gone: () => gone }
}

t.test('events come in order, only those asked for; credits come back', async (t) => {
  const seen: number[] = []
  const { sink, accept, subscription } = make((event) => void seen.push(event.flow_seq), 100, { events: ['request_headers'] })
  accept(0, 70)
  accept(0, 5, 'response_headers')
  accept(70, 80)
  t.equal(sink.lag, 80)
  await until(() => sink.lag === 0, 'all are consumed')
  t.same(
    seen,
    Array.from({ length: 80 }, (_, n) => n),
  )
  t.equal(sink.delivered, 80)
  subscription.close()
})

t.test('a listener that stands still holds back its queue and no more; the loss is announced in its place', async (t) => {
  const seen: SothEvent[] = []
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const { sink, accept, subscription } = make(async (event) => {
    await gate
    seen.push(event)
  }, 100)
  accept(0, 1_000)
  t.equal(sink.lag, 100)
  t.equal(sink.dropped, 900)
  release()
  await until(() => seen.length === 101, 'the notice has come')
  t.match(seen[100], { event: 'events_dropped', flow_id: 'i-0', flow_seq: 0, count: 900 })
  accept(2_000, 2_010)
  await until(() => seen.length === 111, 'it goes on')
  t.equal(seen[101]?.flow_seq, 2_000)
  t.equal(sink.dropped, 900)
  subscription.close()
})

t.test('a flush mark comes after what was accepted before it, with a loss announced', async (t) => {
  const seen: string[] = []
  const { sink, accept, subscription } = make((event) => void seen.push(event.event), 2)
  accept(0, 5)
  sink.markFlush(7)
  await subscription.flushed(7)
  t.same(seen, ['request_headers', 'request_headers', 'events_dropped'])
  await subscription.flushed(3)
  subscription.close()
  await subscription.flushed(99)
})

t.test('what a listener throws is a warning, once, and the next event comes', async (t) => {
  const seen: number[] = []
  const warned: string[] = []
  const onWarning = (warning: Error) => warned.push(`${warning.name}: ${warning.message}`)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { accept, subscription } = make((event) => {
    seen.push(event.flow_seq)
    if (event.flow_seq === 0) throw new Error('thrown')
    return event.flow_seq === 1 ? Promise.reject(new Error('rejected')) : undefined
  }, 10)
  accept(0, 3)
  await until(() => seen.length === 3 && warned.length > 0, 'all came')
  t.match(warned, [/^SothListenerWarning: .*Error: thrown$/])
  t.equal(warned.length, 1)
  subscription.close()
})

t.test('closing the sink delivers what it holds first; closing the subscription tells the sink', async (t) => {
  const seen: number[] = []
  const first = make((event) => void seen.push(event.flow_seq), 10)
  first.accept(0, 3)
  await first.sink.close()
  await first.subscription.ended()
  t.same(seen, [0, 1, 2])

  const second = make(() => void t.fail('closed'), 10)
  second.subscription.close()
  await until(() => second.gone() === 1, 'the sink knows')
})
