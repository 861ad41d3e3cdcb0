/**
 * OutgoingRecord: a ring record on its way to the sinks. One per ring, pointed at one record after the other; valid while the
 * record is. Each form is made at most once per record, and only if a sink asks for it. Aggregator thread.
 */

import { invariant } from '../../shared/assert.ts'
import type { SothEvent } from '../../shared/events/event.ts'
import { ENGINE_FLOW } from '../../shared/events/flow-cursor.ts'
import type { JsonLineWriter } from '../../shared/events/json/json-line-writer.ts'
import type { Protocol } from '../../shared/events/protocols.ts'
import type { EventCodec } from '../../shared/events/record/event-codecs.ts'
import type { RecordReader } from '../../shared/events/record/record-reader.ts'
import type { EventName } from '../../shared/events/schema.ts'
import type { OutgoingEvent } from '../sinks/sink.ts'
import type { Flow } from './flow-table.ts'

export class OutgoingRecord implements OutgoingEvent {
  readonly #reader: RecordReader
  readonly #lines: JsonLineWriter
  #codec: EventCodec | undefined = undefined
  #flow: Flow | undefined = undefined
  #line: Uint8Array | undefined = undefined
  #object: SothEvent | undefined = undefined

  /** `lines` is shared by all rings: it holds one line at a time. */
  constructor(reader: RecordReader, lines: JsonLineWriter) {
    this.#reader = reader
    this.#lines = lines
  }

  /** Points at the record to which the reader points. */
  set(codec: EventCodec, flow: Flow): this {
    this.#codec = codec
    this.#flow = flow
    this.#line = undefined
    this.#object = undefined
    return this
  }

  get name(): EventName {
    return this.#known(this.#codec).name
  }
  get flowId(): string {
    return this.#known(this.#flow).id
  }
  get isEngineFlow(): boolean {
    return this.#known(this.#flow).number === ENGINE_FLOW
  }
  get serverHost(): string {
    return this.#known(this.#flow).context.server_host
  }
  get protocol(): Protocol {
    return this.#reader.protocol
  }

  object(): SothEvent {
    this.#object ??= this.#known(this.#reader.decode(this.#known(this.#flow).context))
    return this.#object
  }

  line(): Uint8Array {
    if (this.#line === undefined) {
      this.#lines.write(this.#reader, this.#known(this.#flow).context)
      this.#line = this.#lines.take()
    }
    return this.#line
  }

  #known<T>(value: T | undefined): T {
    invariant(value !== undefined, 'an outgoing record is asked while it points at a record')
    return value
  }
}
