/**
 * Throughput of the event stream parser: LLM-like deltas in 16 KiB chunks and in one chunk per event.
 * Run: node dist/bench/event-stream-parser.bench.js
 */

import { EventStreamParser } from '../src/workers/layers/event-stream/event-stream-parser.ts'
import { measure } from './support/measure.ts'

const event = Buffer.from(
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${'lorem ipsum '.repeat(8)}"}}\n\n`,
)
const body = Buffer.concat(Array.from({ length: 4_000 }, () => event))
const handler = { onEvent() {}, onIncompleteEvent() {} }

function run(chunkBytes: number): number {
  const parser = new EventStreamParser(handler)
  for (let at = 0; at < body.length; at += chunkBytes) parser.execute(body.subarray(at, at + chunkBytes))
  parser.finish()
  return body.length
}

measure('event-stream, 16 KiB chunks', () => run(16_384))
measure('event-stream, one chunk per event', () => run(event.length))
measure('event-stream, 100 B chunks', () => run(100))
