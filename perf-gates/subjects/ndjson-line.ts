/**
 * What the aggregator spends on an event: read from the ring, joined, counted, written as a line of NDJSON.
 */

import { Aggregator } from '../../src/aggregator/aggregator.ts'
import { LineFile } from '../../src/aggregator/sinks/line-file.ts'
import { LossNotice } from '../../src/aggregator/sinks/loss-notice.ts'
import { NdjsonSink } from '../../src/aggregator/sinks/ndjson-sink.ts'
import { FlowCursor } from '../../src/shared/events/flow-cursor.ts'
import { EventWriter } from '../../src/shared/events/record/record-writer.ts'
import { RING_CAPACITY_BYTES } from '../../src/shared/limits/ring.ts'
import { Doorbell } from '../../src/shared/ring/doorbell.ts'
import { allocateRing } from '../../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../../src/shared/ring/ring-producer.ts'
import { threadOrigin } from '../../src/shared/ring/time-origin.ts'
import { writeExchange } from './exchange-events.ts'
import type { Subject } from './subject.ts'

const EXCHANGES = 250

export async function ndjsonLine(): Promise<Subject> {
  const memory = allocateRing(RING_CAPACITY_BYTES, threadOrigin())
  const writer = new EventWriter(new RingProducer(memory, new Doorbell()), 0)
  const flow = new FlowCursor(1, 0, 'http1')
  const aggregator = new Aggregator({ instanceId: 'gate', rings: [memory], metricHosts: 100, redactFields: ['authorization'] })
  const file = await LineFile.open({ path: '/dev/null', rotateBytes: Number.POSITIVE_INFINITY, rotateKeep: 0 })
  aggregator.sinks.add(new NdjsonSink(file, new LossNotice('gate', aggregator.clock), (_, message) => console.error(message)))
  writer.flowContext(flow, '192.0.2.1:50000', 'api.example.com', 443, 1)
  const fill = () => {
    for (let n = 0; n < EXCHANGES; n++) writeExchange(writer, flow, n)
  }
  fill()
  return {
    run: () => aggregator.poll(),
    settle: async () => {
      await aggregator.sinks.flush()
      fill()
    },
  }
}
