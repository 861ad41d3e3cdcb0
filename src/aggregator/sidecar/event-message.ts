/**
 * eventMessage: an event as the protobuf message `Event` of docs/events/events.proto wants it. Pure. Aggregator thread.
 *
 * The fields of an event lie in a message of its name; an enum is the index of its value plus one (0 is what proto3 reads where
 * nothing was written); JSON is its text.
 */

import type { SothEvent } from '../../shared/events/event.ts'
import type { FieldSpec } from '../../shared/events/field-spec.ts'
import { BASE_FIELDS } from '../../shared/events/json/base-fields.ts'
import { PROTOCOLS } from '../../shared/events/protocols.ts'
import { EVENTS } from '../../shared/events/schema.ts'

type FieldLines = readonly (readonly [string, string])[]

/** `event` is the name of the message within, `protocol` an enum. */
const TAKEN_AS_THEY_ARE = [...BASE_FIELDS.filter((name) => name !== 'event' && name !== 'protocol'), 'truncated', 'faulted'] as const

export function eventMessage(event: SothEvent): Record<string, unknown> {
  const message: Record<string, unknown> = { protocol: PROTOCOLS.indexOf(event.protocol) + 1 }
  for (const name of TAKEN_AS_THEY_ARE) if (event[name] !== undefined) message[name] = event[name]
  const values = event as unknown as Readonly<Record<string, unknown>>
  const own: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries<FieldSpec>(EVENTS[event.event].fields)) {
    if (values[name] !== undefined) own[name] = fieldValue(spec, values[name])
  }
  message[event.event] = own
  return message
}

/** Octets stay base64: protobufjs decodes it. */
function fieldValue({ kind, values }: FieldSpec, value: unknown): unknown {
  switch (kind) {
    case 'enum':
      return (values ?? []).indexOf(value as string) + 1
    case 'fields':
      return { lines: (value as FieldLines).map(([name, text]) => ({ name, value: text })) }
    case 'json':
      return JSON.stringify(value)
    default:
      return value
  }
}
