/**
 * RecordLine: an event record as one line of NDJSON, made from the ring's octets without the event's object in between.
 *
 * The same event as `RecordReader.decode` followed by `JSON.stringify`, which a test holds it to, at a third of the time: no
 * object, no property enumeration, addresses as text kept with the flow, and one look for characters that need an escape
 * instead of a serializer's call per string. One per ring. Aggregator thread.
 */

import {
  CODEC_BY_ID,
  type EventCodec,
  KIND_BOOL,
  KIND_BYTES,
  KIND_BYTES_FIXED,
  KIND_ENUM,
  KIND_F64,
  KIND_FIELDS,
  KIND_JSON,
  KIND_STRING,
  KIND_U32,
} from '../shared/events/event-codecs.ts'
import { ABSENT_U8, ABSENT_U32, NO_STREAM, PAYLOAD_OFFSET } from '../shared/events/record-descriptor.ts'
import type { RecordReader } from '../shared/events/record-reader.ts'
import { SCHEMA_VERSION } from '../shared/events/schema.ts'
import { FieldLinesJson } from './field-lines-json.ts'
import type { Flow } from './flow-table.ts'
import { quote } from './json-text.ts'

/** By event number: what every line of the event begins with. */
const HEADS: readonly (string | undefined)[] = CODEC_BY_ID.map(
  (codec) => codec && `{"schema":${SCHEMA_VERSION},"event":"${codec.name}","flow_id":`,
)
/** By event number, then by field: `,"name":`. */
const KEYS: readonly (readonly string[] | undefined)[] = CODEC_BY_ID.map((codec) => codec?.fields.map((field) => `,"${field.name}":`))

export class RecordLine {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #fieldLines: FieldLinesJson

  /** `redacted`: names of fields, lower case, whose values no event carries. */
  constructor(memory: SharedArrayBuffer, redacted: ReadonlySet<string>) {
    this.#bytes = Buffer.from(memory)
    this.#view = new DataView(memory)
    this.#fieldLines = new FieldLinesJson(redacted)
  }

  /** The line of the record at `start`, to which `reader` points, with its line feed. */
  make(reader: RecordReader, codec: EventCodec, start: number, flow: Flow): string {
    const { stream } = reader
    let line = `${HEADS[codec.id]}${flow.idJson},"flow_seq":${reader.flowSeq},"time_unix_ms":${reader.timeUnixMs},"time_mono_ns":"${reader.timeMonoNs}","worker":${reader.worker},${flow.contextJson},"protocol":"${reader.protocol}"`
    if (reader.truncated) line += ',"truncated":true'
    if (stream !== NO_STREAM) line += reader.multiplexed ? `,"stream_id":${stream}` : `,"exchange":${stream}`
    return `${line}${this.#payload(codec, start + PAYLOAD_OFFSET)}}\n`
  }

  #payload(codec: EventCodec, start: number): string {
    const keys = KEYS[codec.id] as readonly string[]
    const { fields } = codec
    let json = ''
    let at = start
    for (let n = 0; n < fields.length; n++) {
      const field = fields[n] as EventCodec['fields'][number]
      const { kind } = field
      const next = at + (KIND_BYTES_FIXED[kind] as number)
      if (kind >= KIND_STRING) {
        const length = this.#view.getUint32(at, true)
        if (length === ABSENT_U32) {
          at = next
          continue
        }
        json += keys[n] + this.#variable(kind, next, next + length)
        at = next + length
        continue
      }
      const value = this.#fixed(kind, field.values, at)
      if (value !== '') json += keys[n] + value
      at = next
    }
    return json
  }

  /** A field of fixed width, or nothing where it is absent. */
  #fixed(kind: number, values: readonly string[], at: number): string {
    switch (kind) {
      case KIND_U32: {
        const value = this.#view.getUint32(at, true)
        return value === ABSENT_U32 ? '' : String(value)
      }
      case KIND_F64: {
        const value = this.#view.getFloat64(at, true)
        return Number.isNaN(value) ? '' : Number.isFinite(value) ? String(value) : 'null'
      }
      case KIND_BOOL: {
        const value = this.#bytes[at] as number
        return value === ABSENT_U8 ? '' : value === 1 ? 'true' : 'false'
      }
      case KIND_ENUM: {
        const value = values[this.#bytes[at] as number]
        return value === undefined ? '' : `"${value}"`
      }
      default:
        return ''
    }
  }

  #variable(kind: number, start: number, end: number): string {
    switch (kind) {
      case KIND_FIELDS:
        return this.#fieldLines.make(this.#bytes.toString('latin1', start, end))
      case KIND_BYTES:
        return `"${this.#bytes.toString('base64', start, end)}"`
      case KIND_JSON:
        return this.#bytes.toString('utf8', start, end)
      default:
        return quote(this.#bytes.toString('utf8', start, end))
    }
  }
}
