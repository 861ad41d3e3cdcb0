/**
 * Throughput of the LLM observer behind the event stream parser: Anthropic-like deltas, one chunk per event.
 * Run: node dist/bench/llm-exchange.bench.js
 */

import { EventStreamParser } from '../src/workers/layers/event-stream/event-stream-parser.ts'
import { LlmExchange } from '../src/workers/layers/llm/llm-exchange.ts'
import { measure } from './support/measure.ts'

const EVENTS = 4_000
const event = Buffer.from(
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${'lorem ipsum '.repeat(8)}"}}\n\n`,
)
const handler = { onLlmRecognized() {}, onLlmFirstContent() {}, onLlmError() {}, onLlmEnd() {} }

measure('llm, event stream included', () => {
  const exchange = new LlmExchange(handler, 'POST', '/v1/messages', 'application/json', 0)
  exchange.requestSent(0)
  exchange.requestEnd()
  exchange.responseHead(200, 'text/event-stream')
  const parser = new EventStreamParser({ onEvent: (e) => exchange.responseEvent(e, 1), onIncompleteEvent() {} })
  for (let i = 0; i < EVENTS; i++) parser.execute(event)
  exchange.end()
  return EVENTS * event.length
})
