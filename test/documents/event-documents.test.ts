/** The committed documents equal what the schema says; what the writer and reader make conforms to the JSON Schema. */

import t from 'tap'
import * as z from 'zod'
import type { FieldSpec } from '../../src/shared/events/field-spec.ts'
import { EVENT_CODECS } from '../../src/shared/events/record/event-codecs.ts'
import type { EventInput } from '../../src/shared/events/record/event-input.ts'
import { NO_STREAM } from '../../src/shared/events/record/record-descriptor.ts'
import { EVENTS, type EventName } from '../../src/shared/events/schema.ts'
import { DROP_SLOTS } from '../../src/shared/ring/ring-descriptor.ts'
import { EventHarness } from '../support/harnesses/event-harness.ts'
import { keptEqual } from '../support/kept-equal.ts'
import { eventsJsonSchema, eventsMarkdown, eventsProto } from './event-documents.ts'

keptEqual(t, 'docs/events/events.schema.json', eventsJsonSchema())
keptEqual(t, 'docs/events/events.proto', eventsProto())
keptEqual(t, 'docs/events.md', eventsMarkdown())

t.test('event numbers are distinct, and each has a drop word', (t) => {
  const ids = Object.values(EVENT_CODECS).map((codec) => codec.id)
  t.equal(new Set(ids).size, ids.length)
  t.ok(ids.every((id) => id > 0 && id < DROP_SLOTS))
  t.end()
})

const INPUTS: Readonly<Record<FieldSpec['kind'], unknown>> = {
  u32: 1,
  f64: 1.5,
  bool: true,
  enum: '',
  string: 'text',
  bytes: Uint8Array.of(1),
  fields: [['A', 'b']],
  json: ['x'],
}

/** The JSON Schema of one event, with `$defs/base` merged in: what zod's reader of JSON Schema can take. */
function merged(name: EventName): Parameters<typeof z.fromJSONSchema>[0] {
  const { $defs } = JSON.parse(eventsJsonSchema())
  const { base } = $defs
  const own = $defs[name]
  const properties = { ...base.properties, ...own.properties }
  return { type: 'object', properties, required: base.required, additionalProperties: false }
}

for (const name of Object.keys(EVENTS) as EventName[]) {
  t.test(`${name}: a decoded event conforms to its JSON Schema, a spoilt one does not`, (t) => {
    const schema = z.fromJSONSchema(merged(name))
    const harness = new EventHarness()
    const values = Object.entries<FieldSpec>(EVENTS[name].fields).map(([field, spec]) => [field, spec.values?.[0] ?? INPUTS[spec.kind]])
    harness.writer.emit(
      name,
      harness.flow,
      Object.fromEntries(values) as EventInput<typeof name>,
      1,
      'exchange' in EVENTS[name].fields ? 5 : NO_STREAM,
    )
    const event = JSON.parse(JSON.stringify(harness.events()[0]))
    t.same(schema.safeParse(event).error?.issues, undefined)
    t.notOk(schema.safeParse({ ...event, flow_seq: -1 }).success)
    t.notOk(schema.safeParse({ ...event, event: 'other' }).success)
    t.end()
  })
}
