/**
 * Events written into a ring, per event. Emptying it, by skipping, is in the figure too: a few per cent.
 */

import { FlowCursor } from '../../src/shared/events/flow-cursor.ts'
import { EventWriter } from '../../src/shared/events/record/record-writer.ts'
import { RING_CAPACITY_BYTES } from '../../src/shared/limits/ring.ts'
import { Doorbell } from '../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../src/shared/ring/ring-consumer.ts'
import { allocateRing } from '../../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../../src/shared/ring/ring-producer.ts'
import { threadOrigin } from '../../src/shared/ring/time-origin.ts'
import { EVENTS_PER_EXCHANGE, writeExchange } from './exchange-events.ts'
import type { Subject } from './subject.ts'

const EXCHANGES = 500

export function ringWrite(): Subject {
  const memory = allocateRing(RING_CAPACITY_BYTES, threadOrigin())
  const writer = new EventWriter(new RingProducer(memory, new Doorbell()), 0)
  const consumer = new RingConsumer(memory, 1)
  const flow = new FlowCursor(1, 0, 'http1')
  const handler = { onRecord: () => {} }
  return {
    run: () => {
      for (let n = 0; n < EXCHANGES; n++) writeExchange(writer, flow, n)
      if (flow.droppedFrom !== -1) throw new Error('a batch must fit the ring')
      consumer.drain(handler)
      return EXCHANGES * EVENTS_PER_EXCHANGE
    },
  }
}
