/**
 * MCP exchanges of every revision of the protocol, with sessions, batches and mirrored headers, and recorded servers.
 */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { EVENT_DATA_BYTES } from '../../../../src/shared/limits/layers/event-stream.ts'
import type { Side } from '../../../../src/shared/side.ts'
import { EventStreamParser } from '../../../../src/workers/layers/event-stream/event-stream-parser.ts'
import type { JsonRpcMessage } from '../../../../src/workers/layers/json-rpc/json-rpc-message.ts'
import { McpExchange } from '../../../../src/workers/layers/mcp/mcp-exchange.ts'
import type { McpHandler, McpSummary, McpTransport } from '../../../../src/workers/layers/mcp/mcp-handler.ts'
import { readMcpRequest, readMcpResponse } from '../../../../src/workers/layers/mcp/mcp-head.ts'
import { McpSessions, type PendingRequest } from '../../../../src/workers/layers/mcp/mcp-pairs.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { corpus, fixture, NO_CORPORA } from '../../../support/corpora/corpora.ts'
import { fieldsOf } from '../../../support/octets/fields.ts'

class Recorder implements McpHandler {
  readonly facts: unknown[][] = []
  onMcpRecognized(transport: McpTransport, evidence: string): void {
    this.facts.push(['recognized', transport, evidence])
  }
  onMcpMessage(side: Side, m: JsonRpcMessage): void {
    this.facts.push(['message', side, m.kind, m.method, m.id])
  }
  onMcpAnswer(request: PendingRequest, m: JsonRpcMessage, waitedMs: number): void {
    this.facts.push(['answer', request.side, request.method, request.name, m.kind, waitedMs])
  }
  onMcpMismatch(field: string, inHeader: string, inBody: string): void {
    this.facts.push(['mismatch', field, inHeader, inBody])
  }
  onMcpEnd(summary: McpSummary): void {
    this.facts.push(['end', summary])
  }
}

interface Given {
  method?: string
  target?: string
  request?: Record<string, string>
  body?: unknown
  status?: number
  response?: Record<string, string>
  /** JSON, or the data of events. */
  answer?: unknown
  events?: (string | object)[]
  byClient?: boolean
}

const POST = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const EVENTS = { 'content-type': 'text/event-stream' }

/** Runs one exchange; every call advances the clock by one. */
function run(given: Given, sessions = new McpSessions(), cut: (bytes: Uint8Array) => Iterable<Uint8Array> = (b) => [b]): unknown[][] {
  const recorder = new Recorder()
  const head = readMcpRequest(given.method ?? 'POST', given.target ?? '/mcp', 'origin.test', fieldsOf(given.request ?? POST))
  const exchange = new McpExchange(recorder, sessions, head)
  const text = typeof given.body === 'string' ? given.body : given.body === undefined ? '' : JSON.stringify(given.body)
  for (const chunk of cut(Buffer.from(text))) exchange.requestBody(chunk, 1)
  exchange.requestEnd()
  const fields = given.response ?? (given.events === undefined ? { 'content-type': 'application/json' } : EVENTS)
  exchange.responseHead(readMcpResponse(given.status ?? 200, fieldsOf(fields)))
  if (given.answer !== undefined) for (const chunk of cut(Buffer.from(JSON.stringify(given.answer)))) exchange.responseBody(chunk, 4)
  const parser = new EventStreamParser({ onEvent: (event) => exchange.responseEvent(event, 4), onIncompleteEvent() {} })
  for (const event of given.events ?? []) {
    const block = typeof event === 'string' ? event : `data: ${JSON.stringify(event)}`
    for (const chunk of cut(Buffer.from(`${block}\n\n`))) parser.execute(chunk)
  }
  exchange.end(given.byClient ?? false)
  exchange.end(false)
  return recorder.facts
}

const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } }
const result = { jsonrpc: '2.0', id: 1, result: {} }
const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c' } },
}

t.test('2025: initialize by body, then by session header; answers as JSON and as events', async (t) => {
  const sessions = new McpSessions()
  const first = run(
    {
      body: initialize,
      response: { 'content-type': 'application/json', 'mcp-session-id': 's1' },
      answer: { jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-03-26' } },
    },
    sessions,
  )
  t.match(first, [
    ['recognized', 'streamable_http', 'body'],
    ['message', 0, 'request', 'initialize', 0],
    ['message', 1, 'response', '', 0],
    ['answer', 0, 'initialize', '', 'response', 3],
    ['end', { sessionId: 's1', protocolVersion: '2025-03-26', messages: [1, 1], unanswered: 0, cancelled: false, status: 200 }],
  ])
  const session = { ...POST, 'mcp-session-id': 's1', 'mcp-protocol-version': '2025-06-18' }
  const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: {} }
  t.match(run({ request: session, body: call, events: ['id: 5\ndata:', ': ping', progress, result] }, sessions), [
    ['recognized', 'streamable_http', 'header'],
    ['message', 0, 'request', 'tools/call', 1],
    ['message', 1, 'notification'],
    ['message', 1, 'response'],
    ['answer', 0, 'tools/call', 'echo', 'response'],
    ['end', { sessionId: 's1' }],
  ])
  // The server asks on a stream of its own, the client answers by another POST.
  const listen = { method: 'GET', request: { accept: 'text/event-stream', 'mcp-session-id': 's1', 'last-event-id': '5' } }
  t.match(run({ ...listen, events: [{ jsonrpc: '2.0', id: 9, method: 'sampling/createMessage' }] }, sessions), [
    ['recognized', 'streamable_http', 'header'],
    ['message', 1, 'request', 'sampling/createMessage', 9],
    ['end', { lastEventId: '5', messages: [0, 1] }],
  ])
  t.match(run({ request: session, body: { jsonrpc: '2.0', id: 9, result: {} }, status: 202, response: {} }, sessions), [
    ['recognized'],
    ['message', 0, 'response'],
    ['answer', 1, 'sampling/createMessage'],
    ['end', { status: 202 }],
  ])
  t.match(run({ method: 'DELETE', request: { 'mcp-session-id': 's1' }, response: {} }, sessions), [
    ['recognized'],
    ['end', { sessionId: 's1' }],
  ])
  t.equal(sessions.find('origin.test s1'), undefined)
})

t.test('2025-03-26: batches', async (t) => {
  t.match(
    run({
      body: [call, { ...call, id: 2 }, { jsonrpc: '2.0', method: 'notifications/x' }],
      answer: [result, { jsonrpc: '2.0', id: 2, error: { code: -32_601 } }],
    }).filter((f) => f[0] !== 'message'),
    [
      ['recognized', 'streamable_http', 'body'],
      ['answer', 0, 'tools/call', 'echo', 'response'],
      ['answer', 0, 'tools/call', 'echo', 'error'],
      ['end', { batch: 3, messages: [3, 2], unanswered: 0 }],
    ],
  )
})

t.test('2024-11-05: endpoint event, POSTs answered on the stream', async (t) => {
  const sessions = new McpSessions()
  const stream = new Recorder()
  const exchange = new McpExchange(
    stream,
    sessions,
    readMcpRequest('GET', '/sse', 'origin.test', fieldsOf({ accept: 'text/event-stream' })),
  )
  exchange.responseHead(readMcpResponse(200, fieldsOf(EVENTS)))
  const parser = new EventStreamParser({ onEvent: (event) => exchange.responseEvent(event, 10), onIncompleteEvent() {} })
  parser.execute(Buffer.from('event: endpoint\ndata: /messages?sessionId=7\n\n'))
  const post = run({ target: '/messages?sessionId=7', body: call, status: 202, response: {} }, sessions)
  t.match(post, [
    ['recognized', 'http_sse', 'header'],
    ['message', 0, 'request'],
    ['end', { transport: 'http_sse', unanswered: 0 }],
  ])
  parser.execute(Buffer.from(`event: message\ndata: ${JSON.stringify(result)}\n\n`))
  exchange.end(true)
  t.match(stream.facts, [
    ['recognized', 'http_sse', 'event'],
    ['message', 1, 'response'],
    ['answer', 0, 'tools/call', 'echo', 'response', 9],
    ['end', { transport: 'http_sse', cancelled: false }],
  ])
})

t.test('2026-07-28: mirrored headers', async (t) => {
  const version = { 'mcp-protocol-version': '2026-07-28' }
  const body = { ...call, params: { name: 'echo', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } }
  const mismatches = (request: Record<string, string>, sent: unknown = body) =>
    run({ request: { ...POST, ...request }, body: sent, answer: result }).filter((f) => f[0] === 'mismatch')
  t.same(mismatches({ ...version, 'mcp-method': 'tools/call', 'mcp-name': 'echo' }), [])
  t.same(mismatches({ ...version, 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZWNobw==?=' }), [])
  t.same(mismatches({ ...version, 'mcp-method': 'tools/list', 'mcp-name': 'rm' }), [
    ['mismatch', 'mcp-method', 'tools/list', 'tools/call'],
    ['mismatch', 'mcp-name', 'rm', 'echo'],
  ])
  t.same(mismatches(version), [
    ['mismatch', 'mcp-method', '', 'tools/call'],
    ['mismatch', 'mcp-name', '', 'echo'],
  ])
  t.same(mismatches({ 'mcp-protocol-version': '2025-11-25', 'mcp-method': 'tools/call', 'mcp-name': 'echo' }), [
    ['mismatch', 'mcp-protocol-version', '2025-11-25', '2026-07-28'],
  ])
  t.same(mismatches({ 'mcp-protocol-version': '2025-11-25' }, call), [], 'older revisions mirror nothing')
  const read = { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { name: 'title', uri: 'file:///a' } }
  t.same(mismatches({ ...version, 'mcp-method': 'resources/read', 'mcp-name': 'file:///a' }, read), [], 'a resource is named by its URI')
  const sessions = new McpSessions()
  const inSession = {
    request: { ...POST, ...version, 'mcp-method': 'tools/call', 'mcp-name': 'echo', 'mcp-session-id': 'old' },
    body,
    answer: result,
  }
  t.match(run({ ...inSession, response: { 'content-type': 'application/json', 'mcp-session-id': 'new' } }, sessions).at(-1), [
    'end',
    { sessionId: '' },
  ])
  t.equal(sessions.find('origin.test new'), undefined, 'sessions are ignored')
  t.match(
    run({
      request: { ...POST, ...version, 'mcp-method': 'server/discover' },
      body: { jsonrpc: '2.0', id: 1, method: 'server/discover' },
      events: [],
      byClient: true,
    }).at(-1),
    ['end', { unanswered: 1, cancelled: true, protocolVersion: '2026-07-28' }],
  )
})

t.test('an answer larger than what is kept of an event: not read, and not missing', async (t) => {
  const large = { jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(EVENT_DATA_BYTES) } }
  t.match(run({ body: call, events: [large], byClient: true }).at(-1), ['end', { messages: [1, 0], unanswered: 0, cancelled: false }])
  t.match(run({ body: call, events: [], byClient: true }).at(-1), ['end', { messages: [1, 0], unanswered: 1, cancelled: true }])
})

t.test('what is not MCP says nothing', async (t) => {
  const cases: Given[] = [
    { body: { model: 'x', messages: [], stream: true } },
    { body: { jsonrpc: '2.0', id: 1, method: 'eth_call', params: [] }, answer: result },
    { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: 1, capabilities: {} } } },
    { body: 'not json' },
    { body: { padding: 'x'.repeat(70_000), ...call } },
    { request: { 'content-type': 'text/plain' }, body: call },
    { method: 'GET', request: { accept: 'text/html' } },
    { method: 'GET', request: { accept: 'text/event-stream' }, events: ['data: 1', 'event: endpoint\ndata: /x'] },
    { method: 'GET', request: { accept: 'text/event-stream' }, response: { 'content-type': 'text/html' } },
  ]
  for (const given of cases) t.same(run(given), [], JSON.stringify(given).slice(0, 80))
})

t.test('the same facts whatever the splits', async (t) => {
  const given = { body: [{ jsonrpc: '2.0', id: 3, method: 'x' }, call], events: [result, { jsonrpc: '2.0', id: 3, result: 'é' }] }
  const whole = JSON.stringify(run(given))
  for (let size = 1; size < 40; size++) {
    const facts = run(given, new McpSessions(), (bytes) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
    )
    if (JSON.stringify(facts) !== whole) t.same(facts, JSON.parse(whole))
  }
  for (const chunks of chunkings(Buffer.from(JSON.stringify(call))))
    t.match(run({ body: call }, new McpSessions(), () => chunks).slice(0, 2), [['recognized'], ['message', 0, 'request', 'tools/call', 1]])
})

t.test('recorded MCP servers', async (t) => {
  const full = corpus('ai-sse-recorded/streams.jsonl')
  if (full === undefined) t.comment(`only the committed part: ${NO_CORPORA}`)
  const file = full ?? fixture('ai-sse-recorded/streams.jsonl')
  let exchanges = 0
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const recorded = JSON.parse(line)
    if (!recorded.uri.includes('mcp')) continue
    const recorder = new Recorder()
    const exchange = new McpExchange(recorder, new McpSessions(), readMcpRequest(recorded.method, '/mcp', 'h', fieldsOf(POST)))
    exchange.requestBody(
      Buffer.from(typeof recorded.request_body === 'string' ? recorded.request_body : JSON.stringify(recorded.request_body)),
      1,
    )
    exchange.requestEnd()
    exchange.responseHead(readMcpResponse(200, fieldsOf(EVENTS)))
    const parser = new EventStreamParser({ onEvent: (event) => exchange.responseEvent(event, 2), onIncompleteEvent() {} })
    parser.execute(Buffer.from(recorded.body_b64, 'base64'))
    exchange.end(false)
    t.match(
      recorder.facts.find((f) => f[0] === 'answer'),
      ['answer', 0, /./],
      recorded.uri,
    )
    t.match(recorder.facts.at(-1), ['end', { unanswered: 0 }])
    exchanges++
  }
  t.comment(`${exchanges} exchanges`)
  t.ok(exchanges > 0)
})
