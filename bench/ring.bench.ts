/**
 * What events cost: to write, to move across threads, to read.
 *
 *     node dist/bench/ring.bench.js [--rounds 5] [--cross 2000000] [--json]
 *
 * Writing and reading are timed apart, in one thread, over batches that fit the ring; the median of the rounds counts, the
 * first being warm-up; CPU time of the process, so that a busy machine matters little. Crossing is wall time, with both threads
 * running. Compare within one machine and run only.
 */

import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { FlowCursor } from '../src/shared/events/flow-cursor.ts'
import { JsonLineWriter } from '../src/shared/events/json/json-line-writer.ts'
import { fieldIndex } from '../src/shared/events/record/event-codecs.ts'
import type { HeadBlock, StreamEnd } from '../src/shared/events/record/event-input.ts'
import { type FlowContext, RecordReader } from '../src/shared/events/record/record-reader.ts'
import { EventWriter } from '../src/shared/events/record/record-writer.ts'
import { EVENTS } from '../src/shared/events/schema.ts'
import { RING_CAPACITY_BYTES } from '../src/shared/limits/ring.ts'
import { Doorbell } from '../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../src/shared/ring/ring-consumer.ts'
import { allocateRing } from '../src/shared/ring/ring-memory.ts'
import { RING_FULL, RingProducer } from '../src/shared/ring/ring-producer.ts'
import { threadOrigin } from '../src/shared/ring/time-origin.ts'

const BATCH = 4000
const BATCHES = 20

/** A request of a browser: twelve field lines, some 480 octets. */
const REQUEST = `GET /v1/items/4711?expand=all&lang=en HTTP/1.1\r
Host: api.example.com\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36\r
Accept: application/json, text/plain, */*\r
Accept-Language: en-GB,en;q=0.9\r
Accept-Encoding: gzip, deflate, br, zstd\r
Authorization: Bearer 0123456789abcdef0123456789abcdef\r
Cache-Control: no-cache\r
Content-Type: application/json\r
Origin: https://www.example.com\r
Referer: https://www.example.com/\r
Sec-Fetch-Mode: cors\r
Connection: keep-alive\r
\r
`

function requestHead(): HeadBlock {
  const authorityStart = REQUEST.indexOf('api.example.com')
  return {
    fields: { bytes: Buffer.from(REQUEST), start: REQUEST.indexOf('\n') + 1, end: REQUEST.length - 2 },
    methodStart: 0,
    methodEnd: 3,
    targetStart: 4,
    targetEnd: REQUEST.indexOf(' HTTP/'),
    authorityStart,
    authorityEnd: authorityStart + 'api.example.com'.length,
    status: 200,
    version: 11,
  }
}

const END: StreamEnd = {
  closeReason: 'completed',
  violation: undefined,
  status: 200,
  method: 'GET',
  bytesClient: 0,
  bytesOrigin: 16_384,
  durationMs: 12.25,
  ttfbMs: 8.5,
  code: -1,
  opaque: false,
  detail: undefined,
}

const CONTEXT: FlowContext = { flow_id: 'k3v9x2-1', client_addr: '127.0.0.1:51234', server_host: 'api.example.com', server_port: 443 }
const REDACTED: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key'])

type Write = (writer: EventWriter, flow: FlowCursor, n: number) => boolean

const HEAD = requestHead()
const WRITES: Readonly<Record<string, Write>> = {
  'request_headers (12 fields)': (writer, flow, n) => writer.requestHeaders(flow, n, HEAD, n),
  'response_headers (12 fields)': (writer, flow, n) => writer.responseHeaders(flow, n, HEAD, n),
  response_body_chunk: (writer, flow, n) => writer.bodyChunk('response_body_chunk', flow, n, n * 16_384, 16_384, undefined, n),
  stream_closed: (writer, flow, n) => writer.streamClosed(flow, n, END, n),
  'tls_handshake_succeeded (emit)': (writer, flow, n) =>
    writer.emit(
      'tls_handshake_succeeded',
      flow,
      { side: 'client', source: 'authoritative', provider: 'native', version: 'TLSv1.3', duration_ms: 2.5 },
      n,
    ),
}

const LINES = new JsonLineWriter(REDACTED)
const STATUS = fieldIndex('stream_closed', 'status')
const DURATION = fieldIndex('stream_closed', 'duration_ms')

const READS: Readonly<Record<string, (reader: RecordReader) => number>> = {
  'skip (header only)': (reader) => reader.flow + reader.flowSeq,
  'one or two fields': (reader) =>
    reader.id === EVENTS.stream_closed.id ? reader.number(STATUS) + reader.number(DURATION) : reader.stream,
  decode: (reader) => (reader.decode(CONTEXT) === undefined ? 0 : 1),
  'decode + JSON.stringify': (reader) => JSON.stringify(reader.decode(CONTEXT)).length,
  'JSON line, octets': (reader) => {
    if (LINES.length > 60_000) LINES.take()
    LINES.write(reader, CONTEXT)
    return 1
  },
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** CPU time of the process, microseconds: hardly touched by what else the machine does. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Nanoseconds of CPU per write and per read of one event, medians over `rounds`. */
function measure(write: Write, read: (reader: RecordReader) => number, rounds: number): { writeNs: number; readNs: number } {
  const memory = allocateRing(RING_CAPACITY_BYTES, threadOrigin())
  const writer = new EventWriter(new RingProducer(memory, new Doorbell()), 0)
  const consumer = new RingConsumer(memory, 1)
  const reader = new RecordReader(memory, 1, REDACTED)
  const flow = new FlowCursor(1, 0, 'http1')
  let sum = 0
  const onRecord = (_ring: number, type: number, start: number): void => {
    sum += read(reader.read(type, start))
  }
  const writes: number[] = []
  const reads: number[] = []
  for (let round = 0; round <= rounds; round++) {
    let writeUs = 0
    let readUs = 0
    for (let batch = 0; batch < BATCHES; batch++) {
      const started = cpuUs()
      for (let n = 0; n < BATCH; n++) write(writer, flow, n)
      const written = cpuUs()
      consumer.drain({ onRecord })
      readUs += cpuUs() - written
      writeUs += written - started
    }
    if (round === 0) continue
    writes.push((writeUs * 1e3) / (BATCH * BATCHES))
    reads.push((readUs * 1e3) / (BATCH * BATCHES))
  }
  if (flow.droppedFrom !== -1 || Number.isNaN(sum)) throw new Error('a batch must fit the ring')
  return { writeNs: median(writes), readNs: median(reads) }
}

interface CrossJob {
  readonly ringBench: true
  readonly ring: SharedArrayBuffer
  readonly doorbell: SharedArrayBuffer
  readonly events: number
}

/** The producer of the crossing: one exchange is a request head, a response head, a chunk and an end. */
function cross({ ring, doorbell, events }: CrossJob): void {
  const producer = new RingProducer(ring, new Doorbell(doorbell))
  const writer = new EventWriter(producer, 0)
  const flow = new FlowCursor(1, 0, 'http1')
  const never = new Int32Array(new SharedArrayBuffer(4))
  for (let n = 0; n < events; n += 4) {
    // Waits for room instead of dropping: what is measured is how much passes, not how much is offered.
    while (producer.tryClaim(producer.maxRecordBytes / 8, producer.capacity / 2) === RING_FULL) Atomics.wait(never, 0, 0, 0.1)
    producer.abort()
    writer.requestHeaders(flow, n, HEAD, n)
    writer.responseHeaders(flow, n, HEAD, n)
    writer.bodyChunk('response_body_chunk', flow, n, 0, 16_384, undefined, n)
    writer.streamClosed(flow, n, END, n)
  }
}

/** Events per second through one ring, the consumer reading headers and a field or two of each. */
async function crossing(events: number): Promise<number> {
  const ring = allocateRing(RING_CAPACITY_BYTES, threadOrigin())
  const bell = new Doorbell()
  const consumer = new RingConsumer(ring, 1)
  const reader = new RecordReader(ring, 1, REDACTED)
  const job: CrossJob = { ringBench: true, ring, doorbell: bell.memory, events }
  const worker = new Worker(new URL(import.meta.url), { workerData: job })
  const exited = new Promise<void>((resolve, reject) => worker.once('exit', () => resolve()).once('error', reject))
  const read = READS['one or two fields'] as (reader: RecordReader) => number
  let sum = 0
  let next = 0
  const handler = {
    onRecord: (_ring: number, type: number, start: number): void => {
      sum += read(reader.read(type, start))
      if (reader.flowSeq !== next++) throw new Error('an event was lost')
    },
  }
  await bell.park(() => consumer.fill === 0)
  const started = performance.now()
  while (next < events) if (consumer.drain(handler) === 0) await bell.park(() => consumer.fill === 0)
  const seconds = (performance.now() - started) / 1000
  await exited
  return Number.isNaN(sum) ? Number.NaN : events / seconds
}

/** Nanoseconds of CPU of one event: to write, and to read in each of the ways. */
interface EventCost {
  readonly event: string
  readonly writeNs: number
  readonly readNs: Readonly<Record<string, number>>
}

function costOf(event: string, write: Write, rounds: number): EventCost {
  const cells = Object.entries(READS).map(([what, read]) => ({ what, ...measure(write, read, rounds) }))
  return {
    event,
    writeNs: median(cells.map((cell) => cell.writeNs)),
    readNs: Object.fromEntries(cells.map(({ what, readNs }) => [what, readNs])),
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      cross: { type: 'string', default: '2000000' },
      json: { type: 'boolean', default: false },
    },
  })
  const events = Object.entries(WRITES).map(([event, write]) => costOf(event, write, Number(values.rounds)))
  const rates: number[] = []
  for (let run = 0; run < 3; run++) rates.push(await crossing(Number(values.cross)))
  const crossingPerSecond = median(rates)
  if (values.json) {
    console.log(JSON.stringify({ events, crossingPerSecond }))
    return
  }
  console.log(`node ${process.version}, ns of CPU per event, medians of ${values.rounds} rounds`)
  for (const { event, writeNs, readNs } of events) {
    const reads = Object.entries(readNs).map(([what, nanoseconds]) => `${what} ${nanoseconds.toFixed(0)}`)
    console.log(`  ${event}: write ${writeNs.toFixed(0)}; ${reads.join('; ')}`)
  }
  console.log(`  across two threads (exchanges of 4 events, every flow_seq checked): ${(crossingPerSecond / 1e6).toFixed(2)} M events/s`)
}

const job = workerData as CrossJob | null
if (!isMainThread && job?.ringBench === true) cross(job)
else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
