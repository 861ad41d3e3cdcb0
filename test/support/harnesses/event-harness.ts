/** EventHarness: writer, ring and reader in one thread, with one flow, for tests of events. */

import type { SothEvent } from '../../../src/shared/events/event.ts'
import { FlowCursor } from '../../../src/shared/events/flow-cursor.ts'
import { RecordReader } from '../../../src/shared/events/record/record-reader.ts'
import { EventWriter } from '../../../src/shared/events/record/record-writer.ts'
import { Doorbell } from '../../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../../src/shared/ring/ring-consumer.ts'
import { allocateRing } from '../../../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../../../src/shared/ring/ring-producer.ts'

const ORIGIN = { wallMs: 1_700_000_000_000, monoNs: 4_999_999_999_500_000n }
export const REDACTED_FIELDS: ReadonlySet<string> = new Set(['cookie', 'authorization'])

export class EventHarness {
  readonly producer: RingProducer
  readonly consumer: RingConsumer
  readonly writer: EventWriter
  readonly reader: RecordReader
  readonly flow: FlowCursor = new FlowCursor(1, 0, 'http1')

  constructor({ capacity = 65_536, shiftMs = 0 } = {}) {
    const memory = allocateRing(capacity, ORIGIN)
    this.producer = new RingProducer(memory, new Doorbell())
    this.consumer = new RingConsumer(memory, 3)
    this.writer = new EventWriter(this.producer, shiftMs)
    this.reader = new RecordReader(memory, 3, REDACTED_FIELDS)
  }

  /** Hands the reader to `visit` at every record written since. */
  each(visit: (reader: RecordReader) => void, limit = Number.POSITIVE_INFINITY): void {
    this.consumer.drain({ onRecord: (_ring, type, start) => visit(this.reader.read(type, start)) }, limit)
  }

  /** The public events written since, flow contexts left out. */
  events(limit = Number.POSITIVE_INFINITY): SothEvent[] {
    const events: SothEvent[] = []
    this.each((reader) => {
      const event = reader.decode({ flow_id: `f${reader.flow}`, client_addr: '192.0.2.1:5000', server_host: 'a.example', server_port: 443 })
      if (event !== undefined) events.push(event)
    }, limit)
    return events
  }
}
