/**
 * OutgoingRecord: a ring record on its way to the sinks. One per ring, pointed at one record after the other; valid while the
 * record is. Each form is made at most once per record, and only if a sink asks for it. Aggregator thread.
 */

import { invariant } from '../shared/assert.ts'
import type { SothEvent } from '../shared/events/event.ts'
import type { EventCodec } from '../shared/events/event-codecs.ts'
import type { Protocol } from '../shared/events/protocols.ts'
import type { RecordReader } from '../shared/events/record-reader.ts'
import type { EventName } from '../shared/events/schema.ts'
import type { Flow } from './flow-table.ts'
import type { RecordLine } from './record-line.ts'
import type { OutgoingEvent } from './sinks/sink.ts'

export class OutgoingRecord implements OutgoingEvent {
  readonly #reader: RecordReader
  readonly #recordLine: RecordLine
  #codec: EventCodec | undefined = undefined
  #flow: Flow | undefined = undefined
  #start = 0
  #line = ''
  #object: SothEvent | undefined = undefined

  constructor(reader: RecordReader, recordLine: RecordLine) {
    this.#reader = reader
    this.#recordLine = recordLine
  }

  /** Points at the record at `start`, to which the reader points too. */
  set(codec: EventCodec, start: number, flow: Flow): this {
    this.#codec = codec
    this.#flow = flow
    this.#start = start
    this.#line = ''
    this.#object = undefined
    return this
  }

  get name(): EventName {
    return this.#known(this.#codec).name
  }
  get flowId(): string {
    return this.#known(this.#flow).id
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

  line(): string {
    if (this.#line === '') this.#line = this.#recordLine.make(this.#reader, this.#known(this.#codec), this.#start, this.#known(this.#flow))
    return this.#line
  }

  #known<T>(value: T | undefined): T {
    invariant(value !== undefined, 'an outgoing record is asked while it points at a record')
    return value
  }
}
