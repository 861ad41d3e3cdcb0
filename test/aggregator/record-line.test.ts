/** RecordLine: the same events as the reader's objects, character for character as JSON.stringify would write them. */

import fc from 'fast-check'
import t from 'tap'
import { FlowTable } from '../../src/aggregator/flow-table.ts'
import { RecordLine } from '../../src/aggregator/record-line.ts'
import type { EventInput } from '../../src/shared/events/event-input.ts'
import { FlowCursor } from '../../src/shared/events/flow-cursor.ts'
import { NO_STREAM } from '../../src/shared/events/record-descriptor.ts'
import { RecordReader } from '../../src/shared/events/record-reader.ts'
import { EventWriter } from '../../src/shared/events/record-writer.ts'
import { EVENTS, type EventName, type FieldSpec } from '../../src/shared/events/schema.ts'
import { Doorbell } from '../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../src/shared/ring/ring-consumer.ts'
import { allocateRing } from '../../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../../src/shared/ring/ring-producer.ts'

const REDACTED = new Set(['cookie', 'authorization'])
const NAMES = Object.keys(EVENTS) as EventName[]

class Bench {
  readonly memory = allocateRing(1_048_576, { wallMs: 1_700_000_000_000, monoNs: 123_456_789n })
  readonly consumer = new RingConsumer(this.memory, 0)
  readonly writer = new EventWriter(new RingProducer(this.memory, new Doorbell()), 0)
  readonly reader = new RecordReader(this.memory, 0, REDACTED)
  readonly recordLine = new RecordLine(this.memory, REDACTED)
  readonly flow = new FlowTable('bench', 1).open(1, { client_addr: '192.0.2.1:5', server_host: 'a.example', server_port: 443 })
  readonly cursor = new FlowCursor(1, 0, 'http1')

  emit<Name extends EventName>(name: Name, values: EventInput<Name>, stream: number = NO_STREAM): void {
    this.writer.emit(name, this.cursor, values, 1.5, stream)
  }

  /** The lines of what was written, and what JSON.stringify makes of the reader's objects. */
  drain(): { line: string; expected: string }[] {
    const out: { line: string; expected: string }[] = []
    this.consumer.drain({
      onRecord: (_ring, type, start) => {
        const { codec } = this.reader.read(type, start)
        if (codec === undefined) return
        const line = this.recordLine.make(this.reader, codec, start, this.flow)
        out.push({ line, expected: `${JSON.stringify(this.reader.decode(this.flow.context))}\n` })
      },
    })
    return out
  }
}

t.test('golden lines', (t) => {
  const bench = new Bench()
  bench.emit(
    'request_headers',
    {
      method: 'GET',
      path: '/a?b="c"',
      authority: 'a.example',
      version: 'HTTP/1.1',
      fields: [
        ['Host', 'a.example'],
        ['cOOkie', 'id=1'],
        ['X-Umlaut', 'gr\xfc\xdfe'],
      ],
    },
    3,
  )
  bench.cursor.protocol = 'http2'
  bench.emit('stream_closed', { close_reason: 'completed', status: 204, bytes_client: 0, bytes_origin: 5e9, opaque: true }, 7)
  bench.emit('tls_client_hello', { sni: 'a.example', alpn: ['h2', 'http/1.1'], ech: false })
  bench.emit('request_body_chunk', { offset: 0, size: 3, data: Uint8Array.of(0, 1, 255) }, 7)
  const base =
    '"time_unix_ms":1700000000001.5,"time_mono_ns":"124956789","worker":0,"client_addr":"192.0.2.1:5","server_host":"a.example","server_port":443'
  t.same(
    bench.drain().map(({ line }) => line),
    [
      `{"schema":1,"event":"request_headers","flow_id":"bench-1","flow_seq":0,${base},"protocol":"http1","exchange":3,"method":"GET","path":"/a?b=\\"c\\"","authority":"a.example","version":"HTTP/1.1","fields":[["Host","a.example"],["cOOkie","[redacted]"],["X-Umlaut","gr\xfc\xdfe"]]}\n`,
      `{"schema":1,"event":"stream_closed","flow_id":"bench-1","flow_seq":1,${base},"protocol":"http2","stream_id":7,"close_reason":"completed","status":204,"bytes_client":0,"bytes_origin":5000000000,"opaque":true}\n`,
      `{"schema":1,"event":"tls_client_hello","flow_id":"bench-1","flow_seq":2,${base},"protocol":"http2","sni":"a.example","alpn":["h2","http/1.1"],"ech":false}\n`,
      `{"schema":1,"event":"request_body_chunk","flow_id":"bench-1","flow_seq":3,${base},"protocol":"http2","stream_id":7,"offset":0,"size":3,"data":"AAH/"}\n`,
    ],
  )
  t.end()
})

/** Any value of a field, or none. */
function anyValue(spec: FieldSpec): fc.Arbitrary<unknown> {
  switch (spec.kind) {
    case 'u32':
      return fc.nat()
    case 'f64':
      return fc.oneof(fc.double({ noNaN: true }), fc.nat())
    case 'bool':
      return fc.boolean()
    case 'enum':
      return fc.constantFrom(...(spec.values ?? []))
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 60 })
    case 'bytes':
      return fc.uint8Array({ maxLength: 60 })
    case 'json':
      return fc.jsonValue({ maxDepth: 2 })
    case 'fields':
      return anyBlock
  }
}

/** Field lines as they come and as they should not: cut, folded, with controls, without colons. */
const anyBlock = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'Host: a\r\n',
        'Cookie: s\r\n',
        'authorization:x\n',
        'X:\r\n',
        ': \r\n',
        ':path: /x\r\n',
        'a: "q\\"\r\n',
        't:\tx\t\r\n',
        'r: a\rb\r\n',
        'cut',
      ),
      fc.string({ maxLength: 12 }).map((text) => `${text}\r\n`),
    ),
    { maxLength: 8 },
  )
  .map((lines) => {
    const bytes = Buffer.from(lines.join(''), 'latin1')
    return { bytes, start: 0, end: bytes.length }
  })

t.test('any event: the line is what JSON.stringify makes of the object', (t) => {
  const bench = new Bench()
  for (const name of NAMES) {
    const fields = Object.entries<FieldSpec>(EVENTS[name].fields).filter(([field]) => field !== 'stream_id' && field !== 'exchange')
    const values = fc.record(Object.fromEntries(fields.map(([field, spec]) => [field, fc.option(anyValue(spec), { nil: undefined })])))
    const property = fc.property(values, fc.boolean(), fc.constantFrom(NO_STREAM, 0, 5), (input, multiplexed, stream) => {
      bench.cursor.multiplexed = multiplexed
      bench.emit(name, input as EventInput<typeof name>, stream)
      const [made] = bench.drain()
      return made !== undefined && made.line === made.expected
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 200, seed: 7 }), name)
  }
  t.end()
})
