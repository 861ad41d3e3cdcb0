/** Round trips through writer, ring and reader: every event, all fields and none; the hot encoders against `emit`; cuts. */

import t from 'tap'
import type { SothEvent } from '../../../../src/shared/events/event.ts'
import type { FieldSpec } from '../../../../src/shared/events/field-spec.ts'
import { FlowCursor } from '../../../../src/shared/events/flow-cursor.ts'
import { BASE_FIELDS } from '../../../../src/shared/events/json/base-fields.ts'
import { EVENT_CODECS, fieldIndex } from '../../../../src/shared/events/record/event-codecs.ts'
import type { EventInput, HeadBlock, StreamEnd } from '../../../../src/shared/events/record/event-input.ts'
import { NO_STREAM } from '../../../../src/shared/events/record/record-descriptor.ts'
import { SOURCE_ENGINE } from '../../../../src/shared/events/record/record-writer.ts'
import { EVENTS, type EventName } from '../../../../src/shared/events/schema.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'

const NAMES = Object.keys(EVENTS) as EventName[]
const STREAM_FIELDS = ['stream_id', 'exchange']

/** A value of each kind, as a producer gives it, and as the public event shows it. */
function sample(spec: FieldSpec, n: number): { input: unknown; output: unknown } {
  switch (spec.kind) {
    case 'u32':
      return { input: 7 + n, output: 7 + n }
    case 'f64':
      return { input: 2 ** 40 + n + 0.25, output: 2 ** 40 + n + 0.25 }
    case 'bool':
      return { input: n % 2 === 0, output: n % 2 === 0 }
    case 'enum': {
      const values = spec.values ?? []
      const value = values[n % values.length]
      return { input: value, output: value }
    }
    case 'string':
      return { input: `größe ${'x'.repeat(n * 9)} ✓`, output: `größe ${'x'.repeat(n * 9)} ✓` }
    case 'bytes':
      return { input: Uint8Array.of(0, 255, n), output: Buffer.of(0, 255, n).toString('base64') }
    case 'json':
      return { input: ['h2', { n }, null], output: ['h2', { n }, null] }
    case 'fields':
      return {
        input: [
          ['Accept', '*/*'],
          ['Cookie', 'secret'],
        ],
        output: [
          ['Accept', '*/*'],
          ['Cookie', '[redacted]'],
        ],
      }
  }
}

function own(event: SothEvent | undefined): Record<string, unknown> {
  const base: readonly string[] = BASE_FIELDS
  return Object.fromEntries(Object.entries(event ?? {}).filter(([key]) => !base.includes(key)))
}

for (const name of NAMES) {
  t.test(`${name}: all fields present, all absent`, (t) => {
    const harness = new EventHarness()
    const input: Record<string, unknown> = {}
    const output: Record<string, unknown> = {}
    for (const [n, [field, spec]] of Object.entries<FieldSpec>(EVENTS[name].fields).entries()) {
      if (STREAM_FIELDS.includes(field)) continue
      const value = sample(spec, n)
      input[field] = value.input
      output[field] = value.output
    }
    t.ok(harness.writer.emit(name, harness.flow, input as EventInput<typeof name>, 1.5))
    t.ok(harness.writer.emit(name, harness.flow, {}, 2.5))
    const [full, empty] = harness.events()
    t.same(own(full), output)
    t.same(own(empty), {})
    t.match(full, {
      schema: 1,
      event: name,
      flow_id: 'f1',
      flow_seq: 0,
      worker: 3,
      client_addr: '192.0.2.1:5000',
      server_host: 'a.example',
      server_port: 443,
    })
    t.match(full, { protocol: 'http1', time_unix_ms: 1_700_000_000_001.5, time_mono_ns: '5000000001000000' })
    t.equal(empty?.flow_seq, 1)
    t.end()
  })

  t.test(`${name}: each field alone`, (t) => {
    const harness = new EventHarness()
    const expected: unknown[] = []
    for (const [n, [field, spec]] of Object.entries<FieldSpec>(EVENTS[name].fields).entries()) {
      if (STREAM_FIELDS.includes(field)) continue
      const value = sample(spec, n)
      harness.writer.emit(name, harness.flow, { [field]: value.input } as EventInput<typeof name>, 1)
      expected.push({ [field]: value.output })
    }
    t.same(harness.events().map(own), expected)
    t.end()
  })
}

const HEAD_TEXT = 'POST /v1/x?q=1 HTTP/1.1\r\nHost: a.example\r\nAuthorization:  Bearer s \r\nX-Obs: \xfc\r\n\r\n'

function head(text: string, status = 0): HeadBlock {
  const bytes = Buffer.from(text, 'latin1')
  const authorityStart = text.indexOf('a.example')
  return {
    fields: { bytes, start: text.indexOf('\r\n') + 2, end: text.length - 2 },
    methodStart: 0,
    methodEnd: 4,
    targetStart: 5,
    targetEnd: text.indexOf(' HTTP/'),
    authorityStart,
    authorityEnd: authorityStart + 9,
    status,
    version: 11,
  }
}

const FIELDS = [
  ['Host', 'a.example'],
  ['Authorization', '[redacted]'],
  ['X-Obs', 'ü'],
]

t.test('the hot encoders tell what `emit` tells', (t) => {
  const harness = new EventHarness()
  const { writer, flow } = harness
  const end: StreamEnd = {
    closeReason: 'client_reset',
    violation: 'http1_x',
    status: 200,
    method: 'POST',
    bytesClient: 2 ** 33,
    bytesOrigin: 0,
    durationMs: 12.500_4,
    ttfbMs: 3,
    code: 8,
    opaque: true,
    detail: 'ECONNRESET',
  }
  const bare: StreamEnd = {
    ...end,
    violation: undefined,
    status: -1,
    method: undefined,
    durationMs: Number.NaN,
    ttfbMs: Number.NaN,
    code: -1,
    opaque: false,
    detail: undefined,
  }
  writer.requestHeaders(flow, 4, head(HEAD_TEXT), 1)
  writer.responseHeaders(flow, 4, head(HEAD_TEXT, 204), 1, SOURCE_ENGINE)
  writer.informational(flow, 4, head(HEAD_TEXT, 103), 1)
  writer.bodyChunk('request_body_chunk', flow, 4, 2 ** 40, 3, Uint8Array.of(1, 2, 3), 1)
  writer.bodyChunk('response_body_chunk', flow, 4, 0, 16_384, undefined, 1)
  writer.streamClosed(flow, 4, end, 1)
  writer.streamClosed(flow, NO_STREAM, bare, 1)
  t.same(
    harness.events().map((event) => [event.event, own(event)]),
    [
      ['request_headers', { exchange: 4, method: 'POST', path: '/v1/x?q=1', authority: 'a.example', version: 'HTTP/1.1', fields: FIELDS }],
      ['response_headers', { exchange: 4, status: 204, version: 'HTTP/1.1', fields: FIELDS, source: 'engine' }],
      ['informational_response', { exchange: 4, status: 103, fields: FIELDS }],
      ['request_body_chunk', { exchange: 4, offset: 2 ** 40, size: 3, data: 'AQID' }],
      ['response_body_chunk', { exchange: 4, offset: 0, size: 16_384 }],
      [
        'stream_closed',
        {
          exchange: 4,
          close_reason: 'client_reset',
          violation: 'http1_x',
          status: 200,
          method: 'POST',
          bytes_client: 2 ** 33,
          bytes_origin: 0,
          duration_ms: 12.5,
          ttfb_ms: 3,
          code: 8,
          opaque: true,
          detail: 'ECONNRESET',
        },
      ],
      ['stream_closed', { close_reason: 'client_reset', bytes_client: 2 ** 33, bytes_origin: 0 }],
    ],
  )
  t.end()
})

t.test('streams are told as stream_id where the flow is multiplexed, whatever the label', (t) => {
  const harness = new EventHarness()
  const sse = new FlowCursor(2, 0, 'sse')
  sse.multiplexed = true
  harness.writer.emit('request_trailers', sse, {}, 1, 7)
  harness.writer.emit('request_trailers', new FlowCursor(3, 0, 'http2'), {}, 1, 9)
  t.same(harness.events().map(own), [{ stream_id: 7 }, { stream_id: 9 }])
  t.end()
})

t.test('the times of a thread are shifted to the ring’s origin', (t) => {
  const harness = new EventHarness({ shiftMs: 1000 })
  harness.writer.emit('request_trailers', harness.flow, {}, 0.000_5)
  t.match(harness.events(), [{ time_unix_ms: 1_700_000_001_000.001, time_mono_ns: '5000000999500500' }])
  t.end()
})

t.test('what is longer than its share of a record is cut, flagged and never lost', (t) => {
  const harness = new EventHarness({ capacity: 8192 })
  const long = 'ü'.repeat(600)
  const lines = Array.from({ length: 100 }, (_, n): [string, string] => [`x-${n}`, 'v'.repeat(20)])
  harness.writer.emit('connect_received', harness.flow, { method: 'CONNECT', authority: `x${long}`, fields: lines }, 1)
  harness.writer.emit('tls_client_hello', harness.flow, { alpn: [long], ja4: long, ja3: long, sni: long, versions: [] }, 1)
  const big = head(HEAD_TEXT.replace('/v1/x', `/${'p'.repeat(400)}`).replace('X-Obs: \xfc', `X-Big: ${'v'.repeat(900)}`))
  harness.writer.requestHeaders(harness.flow, 0, big, 1)
  harness.writer.bodyChunk('request_body_chunk', harness.flow, 0, 0, 5000, new Uint8Array(5000), 1)
  const [connect, hello, request, chunk] = harness.events() as unknown as Record<string, string>[]
  t.equal(connect?.['truncated'], true)
  t.equal(connect?.['authority'], `x${'ü'.repeat(63)}`, 'cut at a character')
  t.same((connect?.['fields'] as unknown as [string, string][] | undefined)?.at(-1), ['x-13', 'v'.repeat(20)], 'cut at a line')
  t.match(hello, { truncated: true, versions: [], ja4: 'ü'.repeat(64) })
  t.notOk('alpn' in (hello ?? {}), 'half a JSON text is none')
  t.match(request, { truncated: true, method: 'POST', path: `/${'p'.repeat(127)}`, fields: FIELDS.slice(0, 2) })
  t.match(chunk, { truncated: true, size: 5000 })
  t.end()
})

t.test('the share of every event’s fields adds up to less than a record', (t) => {
  for (const codec of Object.values(EVENT_CODECS)) {
    const strings = codec.fields.filter((field) => field.kind === 4 || field.kind === 5).length
    const blocks = codec.fields.filter((field) => field.kind >= 6).length
    t.ok(codec.fixedBytes + 1024 * (strings / 8 + (blocks * 3) / 8) <= 1024, codec.name)
  }
  t.end()
})

t.test('single fields are read without decoding', (t) => {
  const harness = new EventHarness()
  harness.writer.emit('stream_closed', harness.flow, { close_reason: 'blocked', detail: 'why', bytes_client: 5, opaque: true }, 1)
  harness.each((reader) => {
    t.equal(reader.text(fieldIndex('stream_closed', 'close_reason')), 'blocked')
    t.equal(reader.index(fieldIndex('stream_closed', 'close_reason')), 2)
    t.equal(reader.text(fieldIndex('stream_closed', 'detail')), 'why')
    t.equal(reader.text(fieldIndex('stream_closed', 'method')), undefined)
    t.equal(reader.number(fieldIndex('stream_closed', 'bytes_client')), 5)
    t.ok(Number.isNaN(reader.number(fieldIndex('stream_closed', 'status'))))
    t.equal(reader.index(fieldIndex('stream_closed', 'opaque')), 1)
    t.equal(reader.flow, 1)
    t.equal(reader.flowSeq, 0)
    t.equal(reader.stream, NO_STREAM)
  })
  t.end()
})
