/**
 * eventJsonSchema: the JSON Schema (draft 2020-12) of a public event, made from the event table. No thread of its own.
 *
 * Fields are left out rather than null, so only the base fields are required. Consumers must expect fields and events that
 * they do not know: within schema 1 both may be added.
 */

import { PROTOCOLS } from './protocols.ts'
import { EVENTS, type EventSpec, type FieldSpec, SCHEMA_VERSION } from './schema.ts'

const MAX_U32 = 0xffff_fffe

const BASE = {
  flow_id: { type: 'string', description: 'unique across restarts of the engine; `<instance>-0` is the engine itself' },
  flow_seq: { type: 'integer', minimum: 0, description: 'from 0, gap-free per flow; events_dropped announces a gap' },
  time_unix_ms: { type: 'number' },
  time_mono_ns: { type: 'string', pattern: '^[0-9]+$', description: 'monotonic nanoseconds' },
  worker: { type: 'integer', minimum: 0, description: '0 is the acceptor' },
  client_addr: { type: 'string' },
  server_host: { type: 'string' },
  server_port: { type: 'integer', minimum: 0, maximum: 65_535 },
  protocol: { enum: PROTOCOLS },
} as const

export function eventJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'soth-mitm event',
    description: `Schema ${SCHEMA_VERSION}: one object per event, one of the variants below by its \`event\`.`,
    oneOf: Object.entries<EventSpec>(EVENTS).map(([name, spec]) => variant(name, spec)),
  }
}

function variant(name: string, spec: EventSpec): object {
  const own = Object.entries(spec.fields).map(([field, fieldSpec]) => [field, fieldSchema(fieldSpec)])
  return {
    title: name,
    description: spec.doc,
    type: 'object',
    required: ['schema', 'event', ...Object.keys(BASE)],
    properties: {
      schema: { const: SCHEMA_VERSION },
      event: { const: name },
      ...BASE,
      truncated: { const: true, description: 'a field was too long for the ring and has been cut' },
      ...Object.fromEntries(own),
    },
  }
}

function fieldSchema(spec: FieldSpec): object {
  return { ...typeSchema(spec), description: spec.doc }
}

function typeSchema(spec: FieldSpec): object {
  switch (spec.kind) {
    case 'u32':
      return { type: 'integer', minimum: 0, maximum: MAX_U32 }
    case 'f64':
      return { type: 'number' }
    case 'bool':
      return { type: 'boolean' }
    case 'enum':
      return { enum: spec.values ?? [] }
    case 'string':
      return { type: 'string' }
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' }
    case 'fields':
      return { type: 'array', items: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'string' }], minItems: 2, maxItems: 2 } }
    case 'json':
      return {}
  }
}
