/** JsonLineWriter: to the octet what JSON.stringify makes of the decoded event, whatever the values. */

import fc from 'fast-check'
import t from 'tap'
import type { FieldSpec } from '../../../../src/shared/events/field-spec.ts'
import { FlowCursor } from '../../../../src/shared/events/flow-cursor.ts'
import { JsonLineWriter } from '../../../../src/shared/events/json/json-line-writer.ts'
import type { EventInput } from '../../../../src/shared/events/record/event-input.ts'
import { NO_STREAM } from '../../../../src/shared/events/record/record-descriptor.ts'
import { EVENTS, type EventName } from '../../../../src/shared/events/schema.ts'
import { EventHarness, REDACTED_FIELDS } from '../../../support/harnesses/event-harness.ts'

const NAMES = Object.keys(EVENTS) as EventName[]
const NAUGHTY = ['', 'plain', '"\\\b\f\n\r\t\u0000\u001f\u007f', 'größe ✓ 😀', '\ud800 lone', '</script>', 'x'.repeat(500)]
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  9,
  10,
  1.5,
  1e21,
  1e-7,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  2 ** 60,
  Number.POSITIVE_INFINITY,
]

/** The line that the writer makes of each record, and the one that decoding and stringifying makes. */
function bothWays(
  harness: EventHarness,
  context = { client_addr: '[::1]:9', server_host: 'a.example', server_port: 443 },
): [string, string][] {
  const writer = new JsonLineWriter(REDACTED_FIELDS)
  const pairs: [string, string][] = []
  harness.each((reader) => {
    const flow = { flow_id: `f${reader.flow}`, ...context }
    writer.write(reader, flow)
    pairs.push([Buffer.from(writer.take()).toString(), `${JSON.stringify(reader.decode(flow))}\n`])
  })
  return pairs
}

function arbitraryOf(spec: FieldSpec): fc.Arbitrary<unknown> {
  switch (spec.kind) {
    case 'u32':
      return fc.oneof(fc.nat(0xfffffffe), fc.constantFrom(0, 0xfffffffe))
    case 'f64':
      return fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(...NUMBERS))
    case 'bool':
      return fc.boolean()
    case 'enum':
      return fc.constantFrom(...(spec.values ?? []))
    case 'string':
      return fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...NAUGHTY))
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 })
    case 'json':
      return fc.jsonValue()
    case 'fields':
      return fc.array(fc.tuple(fc.constantFrom('Cookie', 'X-A', ':path', 'a"b'), fc.constantFrom(...NAUGHTY, '\xe9\xff', ' y ')))
  }
}

for (const name of NAMES) {
  t.test(`property: ${name}`, (t) => {
    const specs = Object.entries<FieldSpec>(EVENTS[name].fields).filter(([field]) => field !== 'stream_id' && field !== 'exchange')
    const input = fc.record(Object.fromEntries(specs.map(([field, spec]) => [field, arbitraryOf(spec)])), { requiredKeys: [] })
    fc.assert(
      fc.property(input, fc.constantFrom(0, 7, NO_STREAM), fc.double({ min: 0, max: 1e10, noNaN: true }), (values, stream, timeMs) => {
        const harness = new EventHarness()
        harness.writer.emit(name, harness.flow, values as EventInput<typeof name>, timeMs, stream)
        const [[written, expected] = ['', 'nothing']] = bothWays(harness)
        if (written !== expected) t.equal(written, expected)
        return written === expected
      }),
      { numRuns: 60, seed: 5 },
    )
    t.end()
  })
}

t.test('field blocks and ranges of any octets, cut records, contexts that need escapes', (t) => {
  const head = (bytes: Uint8Array) => ({
    fields: { bytes, start: 0, end: bytes.length },
    methodStart: 0,
    methodEnd: bytes.length >> 1,
    targetStart: 0,
    targetEnd: bytes.length,
    authorityStart: 0,
    authorityEnd: bytes.length >> 2,
    status: 0,
    version: 20,
  })
  const block = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc
      .array(fc.constantFrom('a', ':', ' ', '\r', '\n', 'Cookie', '"', '\xe9'), { maxLength: 200 })
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  )
  fc.assert(
    fc.property(block, fc.constantFrom(...NAUGHTY), (bytes, text) => {
      const harness = new EventHarness({ capacity: 8192 })
      const flow = new FlowCursor(2 ** 40, 0, 'grpc')
      harness.writer.requestHeaders(flow, 1, head(bytes), 1)
      harness.writer.informational(flow, 1, head(bytes), 1)
      return bothWays(harness, { client_addr: text, server_host: text, server_port: 0 }).every(
        ([written, expected]) => written === expected,
      )
    }),
    { numRuns: 300, seed: 6 },
  )
  t.end()
})

t.test('lines are collected until taken, and growth keeps what was written', (t) => {
  const harness = new EventHarness({ capacity: 1 << 20 })
  const writer = new JsonLineWriter(REDACTED_FIELDS)
  const context = { flow_id: 'f', client_addr: '', server_host: '', server_port: 0 }
  const fields: [string, string][] = [['x', 'v'.repeat(3000)]]
  for (let n = 0; n < 100; n++) harness.writer.emit('request_trailers', harness.flow, { fields }, 1)
  harness.each((reader) => writer.write(reader, context))
  t.ok(writer.length > 300_000)
  const lines = Buffer.from(writer.take()).toString().trimEnd().split('\n')
  t.same(
    lines.map((line) => JSON.parse(line).flow_seq),
    Array.from({ length: 100 }, (_, n) => n),
  )
  t.equal(writer.length, 0)
  t.equal(writer.take().length, 0)
  t.end()
})

t.test('a flow context is no line', (t) => {
  const harness = new EventHarness()
  const writer = new JsonLineWriter(REDACTED_FIELDS)
  harness.writer.flowContext(harness.flow, 'a', 'b', 1, 1)
  harness.each((reader) => writer.write(reader, { flow_id: '', client_addr: '', server_host: '', server_port: 0 }))
  t.equal(writer.length, 0)
  t.end()
})
