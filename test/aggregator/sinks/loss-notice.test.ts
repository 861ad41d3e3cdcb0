/** LossNotice: notices and the engine's own events share one numbering per sink, whatever each sink has lost. */

import t from 'tap'
import { Aggregator } from '../../../src/aggregator/aggregator.ts'
import { Clock } from '../../../src/aggregator/clock.ts'
import { LossNotice } from '../../../src/aggregator/sinks/loss-notice.ts'
import type { OutgoingEvent, Sink } from '../../../src/aggregator/sinks/sink.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { ENGINE_FLOW, FlowCursor } from '../../../src/shared/events/flow-cursor.ts'
import { AggregatorHarness } from '../../support/harnesses/aggregator-harness.ts'

t.setTimeout(600_000)

/** Loses every event whose place is in `lost`, and tells of it in front of the next. */
class LossySink implements Sink {
  readonly kind = 'lossy'
  delivered = 0
  dropped = 0
  lag = 0
  readonly seen: SothEvent[] = []
  readonly #notice = new LossNotice('test', new Clock({ wallMs: 0, monoNs: 0n }))
  readonly #lost: readonly number[]
  #place = 0
  #unannounced = 0

  constructor(lost: readonly number[]) {
    this.#lost = lost
  }

  accept(event: OutgoingEvent): void {
    if (this.#lost.includes(this.#place++)) {
      this.#unannounced++
      return
    }
    if (this.#unannounced > 0) {
      this.seen.push(this.#notice.make(this.#unannounced))
      this.#notice.told()
      this.#unannounced = 0
    }
    if (event.isEngineFlow) {
      this.seen.push(this.#notice.number(event))
      this.#notice.told()
    } else this.seen.push(event.object())
  }

  endBatch(): void {}
  flush(): Promise<void> {
    return Promise.resolve()
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}

t.test('flow 0 has no gap in any sink', async (t) => {
  const harness = new AggregatorHarness()
  const aggregator = new Aggregator({ instanceId: 'test', rings: harness.rings, metricHosts: 1, redactFields: [] })
  const sinks = [new LossySink([]), new LossySink([1, 2, 6]), new LossySink([0])]
  for (const sink of sinks) aggregator.sinks.add(sink)
  const engine = new FlowCursor(ENGINE_FLOW, 0, 'tunnel')
  const writer = harness.writer(0)
  for (let n = 0; n < 4; n++) {
    writer.flowContext(engine, `10.0.0.${n}`, 'a.example', 0, ++harness.nowMs)
    writer.emit('tls_learning_audit', engine, { step: 'counted', client: `10.0.0.${n}`, host: 'a.example' }, ++harness.nowMs)
    harness.open(n + 1)
  }
  aggregator.poll()
  const own = sinks.map((sink) => sink.seen.filter(({ flow_id }) => flow_id === 'test-0'))
  for (const events of own) {
    t.same(
      events.map(({ flow_seq }) => flow_seq),
      events.map((_, n) => n),
    )
  }
  t.same(
    own.map((events) => events.map(({ event }) => (event === 'events_dropped' ? 'lost' : 'audit')).join(' ')),
    ['audit audit audit audit', 'audit lost audit lost audit', 'lost audit audit audit'],
  )
  t.match(own[0]?.[3], { client_addr: '10.0.0.3', server_host: 'a.example', server_port: 0, worker: 0, client: '10.0.0.3' })
  t.equal(aggregator.flows.size, 4, 'and is in no table')
})

t.test('losses of flow 0 in the ring are counted and not placed', async (t) => {
  const notice = new LossNotice('i', new Clock({ wallMs: 0, monoNs: 0n }))
  const dropped = { event: 'events_dropped', flow_seq: 9, first_seq: 4, count: 5 }
  const numbered = notice.number({ object: () => dropped } as unknown as OutgoingEvent)
  t.same(numbered, { event: 'events_dropped', flow_seq: 0, count: 5 })
})
