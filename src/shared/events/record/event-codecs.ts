/**
 * The payload codec of each event, derived from the schema once at load: kinds as integers, enum values as indices, the
 * octets that an event takes when all its variable fields are empty. For writer and reader; no thread of its own.
 */

import type { EventFields } from '../event.ts'
import type { FieldSpec } from '../field-spec.ts'
import { EVENTS, type EventName } from '../schema.ts'
import { PAYLOAD_OFFSET } from './record-descriptor.ts'

export const KIND_U32 = 0
export const KIND_F64 = 1
export const KIND_BOOL = 2
export const KIND_ENUM = 3
/** From here on: u32 length and octets. */
export const KIND_STRING = 4
export const KIND_JSON = 5
export const KIND_BYTES = 6
export const KIND_FIELDS = 7

const KINDS = {
  u32: KIND_U32,
  f64: KIND_F64,
  bool: KIND_BOOL,
  enum: KIND_ENUM,
  string: KIND_STRING,
  json: KIND_JSON,
  bytes: KIND_BYTES,
  fields: KIND_FIELDS,
} as const
/** Octets by kind; of the variable ones, those of the length. */
export const KIND_BYTES_FIXED = [4, 8, 1, 1, 4, 4, 4, 4] as const

export type Kind = (typeof KINDS)[keyof typeof KINDS]

export interface FieldCodec {
  readonly name: string
  readonly kind: Kind
  readonly isUrl: boolean
  /** Values of an enum, by index; else empty. */
  readonly values: readonly string[]
  readonly indices: ReadonlyMap<string, number>
}

export interface EventCodec {
  readonly name: EventName
  readonly id: number
  /** Payload fields in wire order: without `stream_id` and `exchange`, which stand in the record's header. */
  readonly fields: readonly FieldCodec[]
  /** Octets of a record whose variable fields are all empty, header included. */
  readonly fixedBytes: number
}

/** The fields that a record carries in its header. */
const HEADER_FIELDS: ReadonlySet<string> = new Set(['stream_id', 'exchange'])

export const EVENT_CODECS: Readonly<Record<EventName, EventCodec>> = buildCodecs()

/** By event number; undefined where none has it. */
export const CODEC_BY_ID: readonly (EventCodec | undefined)[] = Object.values(EVENT_CODECS).reduce<(EventCodec | undefined)[]>(
  (table, codec) => {
    table[codec.id] = codec
    return table
  },
  [],
)

/** The place of `field` among the payload fields of event `name`: what `RecordReader`'s accessors take. */
export function fieldIndex<Name extends EventName>(name: Name, field: Exclude<keyof EventFields<Name>, 'stream_id' | 'exchange'>): number {
  return EVENT_CODECS[name].fields.findIndex((codec) => codec.name === field)
}

function buildCodecs(): Record<EventName, EventCodec> {
  const codecs: Partial<Record<EventName, EventCodec>> = {}
  for (const name of Object.keys(EVENTS) as EventName[]) {
    const specs = Object.entries<FieldSpec>(EVENTS[name].fields).filter(([field]) => !HEADER_FIELDS.has(field))
    const fields = specs.map(([field, spec]) => fieldCodec(field, spec))
    const fixedBytes = fields.reduce((sum, field) => sum + KIND_BYTES_FIXED[field.kind], PAYLOAD_OFFSET)
    codecs[name] = { name, id: EVENTS[name].id, fields, fixedBytes }
  }
  return codecs as Record<EventName, EventCodec>
}

function fieldCodec(name: string, spec: FieldSpec): FieldCodec {
  const values = spec.values ?? []
  return { name, kind: KINDS[spec.kind], isUrl: spec.url === true, values, indices: new Map(values.map((value, index) => [value, index])) }
}
