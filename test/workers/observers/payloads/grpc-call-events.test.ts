/** GrpcCallEvents: the events of calls, their order among those of the exchange, and how each kind of end is classified. */

import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { CloseReason } from '../../../../src/shared/events/close-reasons.ts'
import { McpSessions } from '../../../../src/workers/layers/mcp/mcp-pairs.ts'
import { HttpObserver } from '../../../../src/workers/observers/http-observer.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'
import { fieldSectionOf, messageHeadOf } from '../../../support/octets/field-section-of.ts'

const CAPTURE_BYTES = 64

/** A length-prefixed message. */
function envelope(body: Uint8Array | string, flags = 0): Buffer {
  const octets = Buffer.from(body as string)
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(octets.length, 1)
  return Buffer.concat([head, octets])
}

interface Call {
  readonly type?: string
  readonly method?: string
  readonly request?: readonly string[]
  readonly sent?: readonly Uint8Array[]
  readonly status?: number
  readonly head?: readonly string[]
  readonly answered?: readonly Uint8Array[]
  readonly trailers?: readonly string[]
  /** Ends before the response did. */
  readonly cut?: CloseReason
}

/** The events of one exchange. */
function observe(call: Call) {
  const harness = new EventHarness()
  const session = { flow: harness.flow, now: 3, violation: undefined as string | undefined, switchTo() {} }
  const context = { events: harness.writer, mcpSessions: new McpSessions() }
  const handler = new HttpObserver(context, session, { captureBodyBytes: CAPTURE_BYTES, observe: 'metadata' })
  const { method = 'POST', type = 'application/grpc', request = [], status = 200 } = call
  handler.onRequestHead(0, messageHeadOf(`${method} /pkg.Greeter/Hello HTTP/1.1`, `Content-Type: ${type}`, ...request))
  for (const octets of call.sent ?? []) handler.onRequestBody(0, octets)
  handler.onRequestEnd(0)
  handler.onResponseHead(0, messageHeadOf(`HTTP/1.1 ${status} OK`, ...(call.head ?? [])))
  for (const octets of call.answered ?? []) handler.onResponseBody(0, octets)
  if (call.trailers !== undefined) handler.onResponseTrailers(0, fieldSectionOf(...call.trailers))
  if (call.cut === undefined) handler.onResponseEnd(0)
  handler.onExchangeEnd(0, call.cut ?? 'completed')
  return harness.events()
}

t.test('a streaming call, captured', (t) => {
  const events = observe({
    type: 'application/grpc+proto',
    request: ['Grpc-Timeout: 2S', 'Grpc-Encoding: gzip'],
    sent: [Buffer.concat([envelope('one'), envelope(gzipSync('two'), 1)])],
    answered: [envelope('x'.repeat(100))],
    trailers: ['grpc-status: 0'],
  })
  t.same(
    events.map(({ event }) => event),
    [
      'request_headers',
      'request_body_chunk',
      'grpc_message',
      'grpc_message',
      'response_headers',
      'response_body_chunk',
      'grpc_message',
      'response_trailers',
      'grpc_call',
      'stream_closed',
    ],
  )
  const zipped = gzipSync('two').length
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  t.match(
    events.filter(({ event }) => event === 'grpc_message'),
    [
      { exchange: 0, side: 'client', index: 0, size: 3, compressed: false, offset: 0, data: base64('one'), decompressed: false },
      { side: 'client', index: 1, size: zipped, compressed: true, offset: 3, data: base64('two'), decompressed: true },
      { side: 'origin', index: 0, size: 100, offset: 0, data: base64('x'.repeat(CAPTURE_BYTES)) },
    ],
  )
  t.match(
    events.find(({ event }) => event === 'grpc_call'),
    {
      exchange: 0,
      protocol: 'grpc',
      variant: 'grpc',
      codec: 'proto',
      service: 'pkg.Greeter',
      method: 'Hello',
      kind: 'client_streaming',
      timeout_ms: 2_000,
      encoding_client: 'gzip',
      status: 0,
      messages_client: 2,
      messages_origin: 1,
      bytes_client: 3 + zipped,
      bytes_origin: 100,
      outcome: 'ok',
    },
  )
  t.end()
})

for (const [name, call, expected] of [
  ['a status', { trailers: ['grpc-status: 5', 'grpc-message: not%20here'] }, { outcome: 'status', status: 5, status_message: 'not here' }],
  ['trailers only', { head: ['grpc-status: 12'] }, { outcome: 'status', status: 12, messages_origin: 0 }],
  ['no status', { answered: [envelope('x')] }, { outcome: 'no_status', violation: 'grpc_status_missing' }],
  ['an HTTP error', { status: 503 }, { outcome: 'http_error' }],
  ['cancelled', { cut: 'client_reset' }, { outcome: 'cancelled' }],
  ['reset by the origin', { cut: 'upstream_reset' }, { outcome: 'broken' }],
  ['a bad flag', { sent: [envelope('x', 4)], trailers: ['grpc-status: 0'] }, { outcome: 'violation', violation: 'grpc_flag' }],
  ['truncated', { sent: [envelope('xyz').subarray(0, 6)], trailers: ['grpc-status: 0'] }, { violation: 'grpc_truncated' }],
  ['gRPC-Web', { type: 'application/grpc-web', answered: [envelope('grpc-status:0\r\n', 0x80)] }, { variant: 'grpc-web', outcome: 'ok' }],
  ['Connect', { type: 'application/json', request: ['Connect-Protocol-Version: 1'] }, { variant: 'connect-unary', outcome: 'ok' }],
] as readonly (readonly [string, Call, object])[]) {
  t.test(name, (t) => {
    const events = observe(call)
    t.match(events.at(-2), { event: 'grpc_call', ...expected })
    t.equal(events.filter(({ event }) => event === 'grpc_call').length, 1)
    t.same(new Set(events.map(({ protocol }) => protocol)), new Set(['grpc']))
    t.end()
  })
}

t.test('what is no call has no such events', (t) => {
  for (const call of [{ type: 'application/json' }, { method: 'GET' }, { type: 'application/grpcx' }])
    t.notOk(observe(call).some(({ event }) => event.startsWith('grpc')))
  t.end()
})
