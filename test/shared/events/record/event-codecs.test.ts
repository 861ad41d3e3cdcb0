/** The codecs agree with the schema: one number an event, fields in the schema's order, sizes as the layout has them. */

import t from 'tap'
import { CODEC_BY_ID, EVENT_CODECS, fieldIndex, KIND_BYTES_FIXED } from '../../../../src/shared/events/record/event-codecs.ts'
import { PAYLOAD_OFFSET } from '../../../../src/shared/events/record/record-descriptor.ts'
import { EVENTS, type EventName } from '../../../../src/shared/events/schema.ts'
import { DROP_SLOTS } from '../../../../src/shared/ring/ring-descriptor.ts'

interface Spec {
  readonly kind: string
  readonly values?: readonly string[]
}

const NAMES = Object.keys(EVENTS) as EventName[]
/** Octets of a field that is empty or fixed: the table of `record-descriptor.ts`. */
const EMPTY_BYTES: Readonly<Record<string, number>> = { u32: 4, f64: 8, bool: 1, enum: 1, string: 4, json: 4, bytes: 4, fields: 4 }
const IN_HEADER = ['stream_id', 'exchange']
/** The writer keeps the lengths of one event's fields in a table of this many. */
const MOST_FIELDS = 32
/** An enum is an octet, and 0xff is its absence. */
const MOST_VALUES = 255

for (const name of NAMES) {
  t.test(name, async (t) => {
    const codec = EVENT_CODECS[name]
    const specs = Object.entries(EVENTS[name].fields as Record<string, Spec>).filter(([field]) => !IN_HEADER.includes(field))
    t.equal(codec.name, name)
    t.equal(CODEC_BY_ID[codec.id], codec)
    t.ok(codec.id > 0 && codec.id < DROP_SLOTS, 'has a drop word of its own')
    t.same(
      codec.fields.map((field) => field.name),
      specs.map(([field]) => field),
    )
    t.equal(
      codec.fixedBytes,
      specs.reduce((sum, [, spec]) => sum + (EMPTY_BYTES[spec.kind] as number), PAYLOAD_OFFSET),
    )
    t.ok(codec.fields.length <= MOST_FIELDS)
    for (const [n, [field, spec]] of specs.entries()) {
      const found = codec.fields[n]
      t.equal(fieldIndex(name, field as never), n)
      t.equal(KIND_BYTES_FIXED[found?.kind ?? 0], EMPTY_BYTES[spec.kind])
      t.same(found?.values, spec.values ?? [])
      t.ok((spec.values ?? []).length <= MOST_VALUES)
      for (const [index, value] of (spec.values ?? []).entries()) t.equal(found?.indices.get(value), index)
    }
    for (const field of IN_HEADER) t.equal(fieldIndex(name, field as never), -1, 'the header carries it')
  })
}

t.test('numbers are unique, and nothing answers for one that is not taken', async (t) => {
  t.equal(new Set(NAMES.map((name) => EVENTS[name].id)).size, NAMES.length)
  t.equal(CODEC_BY_ID.filter((codec) => codec !== undefined).length, NAMES.length)
  t.equal(CODEC_BY_ID[0], undefined)
})
