/**
 * ExchangeObserver, through the HttpObserver that owns it: labels, the order of what is told, and the terminal event that waits
 * for decoders.
 */

import { setTimeout as delay } from 'node:timers/promises'
import * as zlib from 'node:zlib'
import t from 'tap'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { McpSessions } from '../../../src/workers/layers/mcp/mcp-pairs.ts'
import { HttpObserver } from '../../../src/workers/observers/http-observer.ts'
import type { Observation } from '../../../src/workers/observers/observation.ts'
import { chunkings } from '../../support/chunkings.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'
import { messageHeadOf } from '../../support/octets/field-section-of.ts'
import { streamStory } from '../../support/recorders/stream-story.ts'

interface Observed {
  readonly observer: HttpObserver
  readonly harness: EventHarness
  events(): SothEvent[]
}

function observed(options: Observation['options'] = { captureBodyBytes: 0, observe: 'metadata' }, multiplexed = false): Observed {
  const harness = new EventHarness({ capacity: 1 << 20 })
  harness.flow.multiplexed = multiplexed
  const session = { flow: harness.flow, now: 1, violation: undefined, switchTo() {} }
  const observer = new HttpObserver({ events: harness.writer, mcpSessions: new McpSessions() }, session, options)
  return { observer, harness, events: () => harness.events() }
}

function ask(observer: HttpObserver, exchange: number, method = 'GET', lines: string[] = [], body = ''): void {
  const head = messageHeadOf(`${method} /v1/messages HTTP/1.1`, ...lines)
  head.framing = body === '' ? 'none' : 'length'
  observer.onRequestHead(exchange, head)
  if (body !== '') observer.onRequestBody(exchange, Buffer.from(body))
  observer.onRequestEnd(exchange)
}

function answer(observer: HttpObserver, exchange: number, chunks: readonly Uint8Array[], ...lines: string[]): void {
  const head = messageHeadOf('HTTP/1.1 200 OK', ...lines)
  head.framing = 'chunked'
  observer.onResponseHead(exchange, head)
  for (const chunk of chunks) observer.onResponseBody(exchange, chunk)
  observer.onResponseEnd(exchange)
}

const SSE = 'Content-Type: text/event-stream'

t.test('the same story for every split of an event stream', async (t) => {
  const stream = Buffer.from('data: a\n\nid: 7\nevent: x\ndata: ä\n\ndata: open')
  const stories = Array.from(chunkings(stream), (chunks) => {
    const { observer, events } = observed({ captureBodyBytes: 2, observe: 'metadata' })
    ask(observer, 0)
    answer(observer, 0, chunks, SSE)
    observer.onExchangeEnd(0, 'completed')
    return streamStory(events())
  })
  t.same(stories[0], [
    'request_headers @http1 method=GET path=/v1/messages',
    'response_headers @sse status=200 source=origin',
    'sse_event @sse index=0 type=message offset=0 size=9 data_size=1 data=a',
    'sse_event @sse index=1 type=x id=7 offset=9 size=25 data_size=2 data=ä',
    'sse_event @sse index=2 type=message offset=34 size=10 data_size=4 incomplete=true data=op',
    'body_decoded @sse side=origin kind=event_stream encoded_size=44 decoded_size=44 items=3',
    'stream_closed @sse close_reason=completed status=200 method=GET bytes_client=0 bytes_origin=44',
  ])
  for (const story of stories) t.same(story, stories[0])
})

t.test('exchanges of one connection keep their labels apart, HTTP/2 streams too', async (t) => {
  const { observer, events } = observed(undefined, true)
  ask(observer, 1, 'GET')
  ask(observer, 3, 'GET')
  answer(observer, 3, [Buffer.from('data: a\n\n')], SSE)
  answer(observer, 1, [Buffer.from('plain')], 'Content-Type: text/plain')
  observer.onExchangeEnd(3, 'client_reset', 8)
  observer.onExchangeEnd(1, 'completed')
  const told = events()
  t.match(
    told.filter(({ event }) => event === 'stream_closed'),
    [
      { stream_id: 3, protocol: 'sse', code: 8 },
      { stream_id: 1, protocol: 'http1' },
    ],
  )
  t.match(
    told.filter(({ event }) => event === 'sse_event'),
    [{ stream_id: 3, protocol: 'sse' }],
  )
})

t.test('the terminal event waits for the decoder, the next exchange does not', async (t) => {
  const { observer, events } = observed()
  let settled = 0
  observer.onSettled = () => settled++
  ask(observer, 0)
  answer(observer, 0, [zlib.gzipSync('data: a\n\n')], SSE, 'Content-Encoding: gzip')
  observer.onExchangeEnd(0, 'completed')
  t.notOk(observer.isSettled)
  t.equal(observer.openExchanges, 1)
  ask(observer, 1)
  observer.onExchangeEnd(1, 'completed')
  while (!observer.isSettled) await delay(1)
  t.equal(settled, 1)
  t.ok(observer.isQuiet)
  t.same(
    events().map((event) => `${event.event} ${'exchange' in event ? event.exchange : ''}`),
    [
      'request_headers 0',
      'response_headers 0',
      'response_body_chunk 0',
      'request_headers 1',
      'stream_closed 1',
      'sse_event 0',
      'body_decoded 0',
      'stream_closed 0',
    ],
  )
})

t.test('abandoned: what was not decoded is told as such, and nothing after', async (t) => {
  const { observer, events } = observed()
  ask(observer, 0)
  answer(observer, 0, [zlib.gzipSync('data: a\n\n')], SSE, 'Content-Encoding: gzip')
  observer.onExchangeEnd(0, 'draining')
  observer.abandon()
  t.ok(observer.isSettled)
  await delay(20)
  const told = events()
  t.match(told.slice(-3), [
    { event: 'decode_failed', layer: 'content_coding', reason: 'backlog_limit', coding: 'gzip' },
    { event: 'body_decoded', decoded_size: 0 },
    { event: 'stream_closed', close_reason: 'draining' },
  ])
})

t.test('an MCP request that its client gives up', async (t) => {
  const { observer, events } = observed()
  const call = '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"slow"}}'
  ask(observer, 0, 'POST', ['Content-Type: application/json', 'Accept: application/json, text/event-stream'], call)
  const progress = 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n'
  answer(observer, 0, [Buffer.from(progress)], SSE)
  observer.onExchangeEnd(0, 'client_closed_early')
  const told = events().filter(({ event }) => event.startsWith('mcp_'))
  t.same(streamStory(told), [
    'mcp_message @streamable_http side=client kind=request method=tools/call id=a name=slow',
    'mcp_message @streamable_http side=origin kind=notification method=notifications/progress',
    'mcp_exchange @streamable_http transport=streamable_http status=200 messages_client=1 messages_origin=1 batch=0 unanswered=1 cancelled=true',
  ])
})

t.test('a plain request makes no observer, a JSON one that is neither MCP nor an LLM call tells nothing more', async (t) => {
  const { observer, events } = observed()
  ask(observer, 0, 'POST', ['Content-Type: application/json'], '{"a":1}')
  answer(observer, 0, [Buffer.from('{"b":2}')], 'Content-Type: application/json')
  observer.onExchangeEnd(0, 'completed')
  const told = events()
  t.same(
    told.map(({ event }) => event).filter((event) => !event.endsWith('_chunk')),
    ['request_headers', 'response_headers', 'llm_exchange', 'stream_closed'],
    'the path says that it is a call of a model',
  )
})
