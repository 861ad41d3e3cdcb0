/** eventMessage: every event and every kind of field, through the published protobuf file and back. */

import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'
import t from 'tap'
import { eventMessage } from '../../../src/aggregator/sidecar/event-message.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import type { EventSpec, FieldSpec } from '../../../src/shared/events/field-spec.ts'
import { EVENTS, SCHEMA_VERSION } from '../../../src/shared/events/schema.ts'
import { EVENTS_PROTO } from '../../../src/shared/events/schema-files.ts'

const definition = loadSync(EVENTS_PROTO, { keepCase: true, longs: String, oneofs: true, enums: String })
const Event = definition[`soth.mitm.v${SCHEMA_VERSION}.Event`] as MessageTypeDefinition<object, object>

/** A value of the kind, and what a reader of protobuf gets of it. */
function sample(name: string, { kind, values }: FieldSpec): readonly [unknown, unknown] {
  switch (kind) {
    case 'u32':
      return [4_294_967_294, 4_294_967_294]
    case 'f64':
      return [2.5, 2.5]
    case 'bool':
      return [true, true]
    case 'enum': {
      const last = values?.at(-1) ?? ''
      return [last, `${name.toUpperCase()}_${last.toUpperCase().replaceAll('-', '_')}`]
    }
    case 'bytes':
      return ['AAEC/w==', Buffer.from([0, 1, 2, 255])]
    case 'fields':
      return [
        [
          ['Host', 'x'],
          ['x', ''],
        ],
        {
          lines: [
            { name: 'Host', value: 'x' },
            { name: 'x', value: '' },
          ],
        },
      ]
    case 'json':
      return [{ a: [1, null] }, '{"a":[1,null]}']
    default:
      return ['téxt', 'téxt']
  }
}

for (const [name, spec] of Object.entries<EventSpec>(EVENTS)) {
  t.test(name, async (t) => {
    const samples = Object.entries(spec.fields).map(([field, fieldSpec]) => [field, sample(field, fieldSpec)] as const)
    const event = {
      schema: 1,
      event: name,
      flow_id: 'i-1',
      flow_seq: 7,
      time_unix_ms: 1_700_000_000_000.25,
      time_mono_ns: '9007199254740993',
      worker: 2,
      client_addr: '192.0.2.1:5',
      server_host: 'a.example',
      server_port: 443,
      protocol: 'streamable_http',
      truncated: true,
      ...Object.fromEntries(samples.map(([field, [given]]) => [field, given])),
    } as unknown as SothEvent
    const read = Event.deserialize(Event.serialize(eventMessage(event))) as Record<string, unknown>
    t.match(read, { flow_id: 'i-1', flow_seq: 7, time_unix_ms: 1_700_000_000_000.25, time_mono_ns: '9007199254740993' })
    t.match(read, { worker: 2, server_port: 443, protocol: 'PROTOCOL_STREAMABLE_HTTP', truncated: true, event: name })
    const own = read[name] as Record<string, unknown>
    for (const [field, [, expected]] of samples) t.same(own[field], expected, field)
  })
}

t.test('what is absent stays absent', async (t) => {
  const read = Event.deserialize(
    Event.serialize(eventMessage({ event: 'events_dropped', protocol: 'http1' } as unknown as SothEvent)),
  ) as Record<string, unknown>
  t.same(read['events_dropped'], {})
  t.notOk('truncated' in read)
})
