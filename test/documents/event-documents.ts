/**
 * The event schema in the forms that others read: JSON Schema, protobuf, Markdown
 * (docs/events/events.schema.json, docs/events/events.proto, docs/events.md). Made from `schema.ts` alone.
 */

import type { EventSpec, FieldSpec } from '../../src/shared/events/field-spec.ts'
import { PROTOCOLS } from '../../src/shared/events/protocols.ts'
import { EVENTS, SCHEMA_VERSION } from '../../src/shared/events/schema.ts'
import { SIDECAR_PROTO } from './sidecar-proto.ts'

/** A field of every event, with its form in each document. `tag` is its protobuf number in `Event`. */
interface BaseField {
  readonly name: string
  readonly tag: number
  readonly json: Readonly<Record<string, unknown>>
  readonly proto: string
  readonly doc: string
  readonly optional?: true
}

const U32_MAX = 0xffff_fffe
const unsigned = { type: 'integer', minimum: 0 } as const
const text = { type: 'string' } as const

const BASE_FIELDS: readonly BaseField[] = [
  { name: 'schema', tag: 1, json: { const: SCHEMA_VERSION }, proto: 'uint32', doc: 'version of this schema' },
  { name: 'flow_id', tag: 2, json: text, proto: 'string', doc: 'what the events of one flow share; unique across restarts' },
  {
    name: 'flow_seq',
    tag: 3,
    json: unsigned,
    proto: 'uint32',
    doc: 'number within the flow, from 0; a gap is announced by `events_dropped`',
  },
  {
    name: 'time_unix_ms',
    tag: 4,
    json: { type: 'number' },
    proto: 'double',
    doc: 'wall time, milliseconds since the epoch, to the microsecond',
  },
  {
    name: 'time_mono_ns',
    tag: 5,
    json: { type: 'string', pattern: '^[0-9]+$' },
    proto: 'uint64',
    doc: 'monotonic nanoseconds; decimal text in JSON',
  },
  { name: 'worker', tag: 6, json: unsigned, proto: 'uint32', doc: '0: the acceptor, 1…N: a worker' },
  { name: 'client_addr', tag: 7, json: text, proto: 'string', doc: 'address and port of the client' },
  { name: 'server_host', tag: 8, json: text, proto: 'string', doc: 'host asked for' },
  { name: 'server_port', tag: 9, json: { type: 'integer', minimum: 0, maximum: 65_535 }, proto: 'uint32', doc: 'port asked for' },
  { name: 'protocol', tag: 10, json: { enum: PROTOCOLS }, proto: 'Protocol', doc: 'what the flow speaks' },
  {
    name: 'truncated',
    tag: 11,
    json: { const: true },
    proto: 'bool',
    doc: 'present where a field was too long and has been cut',
    optional: true,
  },
  {
    name: 'faulted',
    tag: 12,
    json: { const: true },
    proto: 'bool',
    doc: 'present where a fault was injected into the exchange, or into the flow: what is told may be its doing',
    optional: true,
  },
]
/** The protobuf number of an event in `Event.event` is its id above this. */
const FIRST_EVENT_TAG = 100

const JSON_TYPES: Readonly<Record<FieldSpec['kind'], object>> = {
  u32: { ...unsigned, maximum: U32_MAX },
  f64: { type: 'number' },
  bool: { type: 'boolean' },
  enum: {},
  string: text,
  bytes: { type: 'string', contentEncoding: 'base64' },
  fields: { type: 'array', items: { type: 'array', prefixItems: [text, text], minItems: 2, maxItems: 2 } },
  json: {},
}

const PROTO_TYPES: Readonly<Record<FieldSpec['kind'], string>> = {
  u32: 'uint32',
  f64: 'double',
  bool: 'bool',
  enum: '',
  string: 'string',
  bytes: 'bytes',
  fields: 'FieldSection',
  json: 'string',
}

const TYPE_NAMES: Readonly<Record<FieldSpec['kind'], string>> = {
  u32: 'integer',
  f64: 'number',
  bool: 'boolean',
  enum: 'one of',
  string: 'string',
  bytes: 'octets, base64',
  fields: 'list of [name, value]',
  json: 'JSON',
}

const SPECS: readonly (readonly [string, EventSpec])[] = Object.entries<EventSpec>(EVENTS)

/** The JSON Schema (2020-12) of any event, as the text of its file. */
export function eventsJsonSchema(): string {
  const base = {
    type: 'object',
    description: 'What every event has.',
    properties: Object.fromEntries(BASE_FIELDS.map(({ name, json, doc }) => [name, { ...json, description: doc }])),
    required: ['event', ...BASE_FIELDS.filter((field) => field.optional !== true).map((field) => field.name)],
  }
  const events = SPECS.map(([name, spec]) => [name, eventSchema(name, spec)])
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'soth-mitm event',
    description: 'One line of an NDJSON sink. Fields may be added within a version: readers ignore what they do not know.',
    oneOf: SPECS.map(([name]) => ({ $ref: `#/$defs/${name}` })),
    $defs: { base, ...Object.fromEntries(events) },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

function eventSchema(name: string, spec: EventSpec): object {
  const own = Object.entries(spec.fields).map(([field, { kind, values, doc }]) => [
    field,
    { ...(kind === 'enum' ? { enum: values } : JSON_TYPES[kind]), description: doc },
  ])
  return {
    description: spec.doc,
    allOf: [{ $ref: '#/$defs/base' }],
    type: 'object',
    properties: { event: { const: name }, ...Object.fromEntries(own) },
    required: ['event'],
  }
}

/** The protobuf file: one message per event, tags in table order. */
export function eventsProto(): string {
  const base = BASE_FIELDS.map(({ name, tag, proto, doc }) => `  // ${doc}\n  ${proto} ${name} = ${tag};`)
  const members = SPECS.map(([name, spec]) => `    ${pascal(name)} ${name} = ${FIRST_EVENT_TAG + spec.id};`)
  return `// Events of soth-mitm, schema ${SCHEMA_VERSION}. Generated from src/shared/events/schema.ts.
syntax = "proto3";

package soth.mitm.v${SCHEMA_VERSION};

${protoEnum('Protocol', PROTOCOLS, '')}

message FieldLine {
  string name = 1;
  // Octets beyond ASCII as Latin-1 characters.
  string value = 2;
}

message FieldSection {
  repeated FieldLine lines = 1;
}

message Event {
${base.join('\n')}

  oneof event {
${members.join('\n')}
  }
}

${SPECS.map(([name, spec]) => protoMessage(name, spec)).join('\n\n')}

${SIDECAR_PROTO}`
}

function protoMessage(name: string, spec: EventSpec): string {
  const fields = Object.entries(spec.fields)
  const enums = fields.filter(([, { kind }]) => kind === 'enum').map(([field, { values }]) => protoEnum(pascal(field), values ?? [], '  '))
  const lines = fields.map(([field, { kind, doc }], index) => {
    const type = kind === 'enum' ? pascal(field) : PROTO_TYPES[kind]
    return `  // ${doc}${kind === 'json' ? ' (JSON text)' : ''}\n  optional ${type} ${field} = ${index + 1};`
  })
  return `// ${spec.doc}\nmessage ${pascal(name)} {\n${[...enums, ...lines].join('\n')}\n}`
}

/** An enum whose values are the indices of `values` plus one: 0 is what proto3 reads where nothing was written. */
function protoEnum(name: string, values: readonly string[], indent: string): string {
  const prefix = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()
  const lines = ['unspecified', ...values].map(
    (value, index) => `${indent}  ${prefix}_${value.toUpperCase().replaceAll('-', '_')} = ${index};`,
  )
  return `${indent}enum ${name} {\n${lines.join('\n')}\n${indent}}`
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}

/** The reference page for readers of events. */
export function eventsMarkdown(): string {
  const base = BASE_FIELDS.map(({ name, doc, optional }) => `| \`${name}\` | ${doc}${optional === true ? ' (optional)' : ''} |`)
  const index = SPECS.map(([name, spec]) => `| [\`${name}\`](#${name}) | ${spec.doc} |`)
  return `# Events, schema ${SCHEMA_VERSION}

<!-- Generated from src/shared/events/schema.ts: change that, then run its test with SOTH_WRITE_DOCS=1. -->

One flat JSON object per event, the same in every sink. Machine-readable: [JSON Schema](events/events.schema.json),
[protobuf](events/events.proto). How they are got: [sinks](sinks.md). Fields may be added within a version: ignore what you do not know. A field that does not
apply is left out.

Events of one flow come in the order of \`flow_seq\`, from 0 without a gap. Events that found no room in a ring are announced:
\`events_dropped\` says which numbers are missing. Every flow, and every stream or exchange in it, ends with exactly one
\`stream_closed\`. Flow 0 is the engine itself: what belongs to no connection (\`tls_learning_audit\`, and the losses of one sink) is
told there, numbered by each sink in the order of its delivery, without a gap and without an end. Values of secret fields (\`redact_fields\`) and of secret parameters of URLs (\`redact_query\`) read \`[redacted]\`; octets of field values beyond ASCII appear as
Latin-1 characters.

## Every event

| field | meaning |
|---|---|
| \`event\` | name, see below |
${base.join('\n')}

\`protocol\` is one of ${PROTOCOLS.map((value) => `\`${value}\``).join(', ')}.

## Events

| event | meaning |
|---|---|
${index.join('\n')}

${SPECS.map(([name, spec]) => markdownEvent(name, spec)).join('\n\n')}
`
}

function markdownEvent(name: string, spec: EventSpec): string {
  const rows = Object.entries(spec.fields).map(([field, { kind, values, doc }]) => {
    const type = kind === 'enum' ? `one of ${(values ?? []).map((value) => `\`${value}\``).join(', ')}` : TYPE_NAMES[kind]
    return `| \`${field}\` | ${type} | ${doc} |`
  })
  return `### ${name}\n\n${spec.doc}\n\n| field | type | meaning |\n|---|---|---|\n${rows.join('\n')}`
}
