/**
 * What the aggregator costs per event: taken from the ring, joined, counted, and written as NDJSON.
 *
 *     node dist/bench/ndjson-sink.bench.js [--rounds 5] [--json]
 *
 * One thread, rings filled beforehand, traffic of small exchanges (request head, response head, body chunk, end). Variants:
 * no sink; the NDJSON sink into /dev/null; `decode` and `JSON.stringify` into the same queue, which is what the line writer
 * replaces. Variants alternate; the median of the rounds counts, the first being warm-up. Target: 150,000 lines/s.
 */

import { parseArgs } from 'node:util'
import { Aggregator } from '../src/aggregator/aggregator.ts'
import { LineFile } from '../src/aggregator/sinks/line-file.ts'
import { LossNotice } from '../src/aggregator/sinks/loss-notice.ts'
import { NdjsonSink } from '../src/aggregator/sinks/ndjson-sink.ts'
import type { OutgoingEvent, Sink } from '../src/aggregator/sinks/sink.ts'
import { FlowCursor } from '../src/shared/events/flow-cursor.ts'
import { EventWriter } from '../src/shared/events/record/record-writer.ts'
import { RING_CAPACITY_BYTES } from '../src/shared/limits/ring.ts'
import { Doorbell } from '../src/shared/ring/doorbell.ts'
import { allocateRing } from '../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../src/shared/ring/ring-producer.ts'
import { threadOrigin } from '../src/shared/ring/time-origin.ts'
import { median } from './support/statistics.ts'

const BATCHES = 20
const EVENTS_PER_EXCHANGE = 4

const REQUEST_FIELDS: readonly (readonly [string, string])[] = [
  ['Host', 'api.example.com'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36'],
  ['Accept', 'application/json, text/plain, */*'],
  ['Accept-Language', 'en-GB,en;q=0.9'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Authorization', 'Bearer 0123456789abcdef'],
  ['Content-Type', 'application/json'],
  ['Referer', 'https://www.example.com/'],
  ['Connection', 'keep-alive'],
]
const RESPONSE_FIELDS: readonly (readonly [string, string])[] = [
  ['Date', 'Tue, 01 Jan 2030 00:00:00 GMT'],
  ['Content-Type', 'application/json; charset=utf-8'],
  ['Content-Length', '5120'],
  ['Cache-Control', 'private, max-age=0'],
  ['ETag', '"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
  ['Vary', 'Accept-Encoding'],
]

class Variant {
  readonly samples: number[] = []
  readonly #memory = allocateRing(RING_CAPACITY_BYTES, threadOrigin())
  readonly #writer = new EventWriter(new RingProducer(this.#memory, new Doorbell()), 0)
  readonly #flow = new FlowCursor(1, 0, 'http1')
  readonly aggregator = new Aggregator({
    instanceId: 'bench',
    rings: [this.#memory],
    metricHosts: 100,
    redactFields: ['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key'],
  })

  constructor() {
    this.#writer.flowContext(this.#flow, '192.0.2.1:50000', 'api.example.com', 443, 1)
  }

  /** Events per second of one round. */
  async round(): Promise<number> {
    let events = 0
    let elapsedMs = 0
    for (let batch = 0; batch < BATCHES; batch++) {
      this.#fill()
      const startedMs = performance.now()
      events += this.aggregator.poll()
      elapsedMs += performance.now() - startedMs
      // The writing itself happens in libuv's threads and is not counted, nor is waiting for it.
      await this.aggregator.sinks.flush()
    }
    return events / (elapsedMs / 1_000)
  }

  #fill(): void {
    const writer = this.#writer
    const flow = this.#flow
    const method = 'GET'
    for (let exchange = 0; exchange < RING_CAPACITY_BYTES / (EVENTS_PER_EXCHANGE * 512); exchange++) {
      const now = performance.now()
      writer.emit('request_headers', flow, { method, path: '/v1/items/4711', version: 'HTTP/1.1', fields: REQUEST_FIELDS }, now, exchange)
      writer.emit('response_headers', flow, { status: 200, version: 'HTTP/1.1', fields: RESPONSE_FIELDS, source: 'origin' }, now, exchange)
      writer.bodyChunk('response_body_chunk', flow, exchange, 0, 5120, undefined, now)
      writer.emit(
        'stream_closed',
        flow,
        { close_reason: 'completed', status: 200, method, duration_ms: 12.345, ttfb_ms: 3.21 },
        now,
        exchange,
      )
    }
  }
}

/** What a sink would do without the line writer. */
class StringifySink implements Sink {
  readonly kind = 'stringify'
  readonly delivered = 0
  readonly dropped = 0
  readonly lag = 0
  octets = 0

  accept(event: OutgoingEvent): void {
    this.octets += Buffer.from(`${JSON.stringify(event.object())}\n`).length
  }
  endBatch(): void {}
  flush(): Promise<void> {
    return Promise.resolve()
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } } })
  const rounds = Number(values.rounds)
  const variants = { 'no sink': new Variant(), 'NDJSON sink': new Variant(), 'decode + JSON.stringify': new Variant() }
  const written = variants['NDJSON sink'].aggregator
  const file = await LineFile.open({ path: '/dev/null', rotateBytes: Number.POSITIVE_INFINITY, rotateKeep: 0 })
  const sink = new NdjsonSink(file, new LossNotice('bench', written.clock), (_, message) => console.error(message))
  written.sinks.add(sink)
  variants['decode + JSON.stringify'].aggregator.sinks.add(new StringifySink())
  for (let round = 0; round <= rounds; round++) {
    for (const variant of Object.values(variants)) {
      const rate = await variant.round()
      if (round > 0) variant.samples.push(rate)
    }
  }
  const rates = Object.entries(variants).map(([name, { samples }]) => ({ name, perSecond: median(samples) }))
  if (values.json) {
    console.log(JSON.stringify(rates))
    return
  }
  for (const { name, perSecond } of rates) {
    console.log(`${name.padEnd(24)} ${Math.round(perSecond / 1_000)} k events/s, ${(1e6 / perSecond).toFixed(2)} µs each`)
  }
  if (sink.dropped > 0) console.log(`the sink lost ${sink.dropped}`)
}

await main()
