/** Observer, responders and the handler before them, on a real layer and ring: what is told of exchanges, and of our own answers. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import type { HeadVerdict } from '../../../src/workers/layers/http/http-handler.ts'
import { Http1Layer } from '../../../src/workers/layers/http1/http1-layer.ts'
import { Http2Layer } from '../../../src/workers/layers/http2/http2-layer.ts'
import { McpSessions } from '../../../src/workers/layers/mcp/mcp-pairs.ts'
import { CannedResponder } from '../../../src/workers/observers/canned-responder.ts'
import { ForwardingHandler } from '../../../src/workers/observers/forwarding-handler.ts'
import { HttpObserver } from '../../../src/workers/observers/http-observer.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'
import { LayerRelay } from '../../support/harnesses/layer-relay.ts'
import { data, GET, headers, POST, PREFACE, settings, settingsAck } from '../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../support/recorders/http-recorder.ts'

const REPLY = Buffer.from('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n')

function setUp(captureBodyBytes = 0, observe: 'none' | 'metadata' = 'none') {
  const harness = new EventHarness()
  const violations: string[] = []
  let now = 1_000
  // Each look at the clock is one millisecond later.
  const session = {
    flow: harness.flow,
    get now() {
      return now++
    },
    get violation(): string | undefined {
      return violations.at(-1)
    },
    set violation(code: string | undefined) {
      if (code !== undefined) violations.push(code)
    },
    switchTo() {},
  }
  const context = { events: harness.writer, mcpSessions: new McpSessions() }
  return { harness, observer: new HttpObserver(context, session, { captureBodyBytes, observe }), violations }
}

t.test('an exchange, from its head to its end', async (t) => {
  const { harness, observer } = setUp(4)
  const relay = new LayerRelay(new Http1Layer({ handler: new ForwardingHandler(observer) }))
  relay.feed(CLIENT, 'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  t.equal(observer.openExchanges, 1)
  relay.feed(CLIENT, '3\r\ndef\r\n0\r\nT: v\r\n\r\n')
  relay.feed(ORIGIN, 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n')
  relay.feed(ORIGIN, 'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nU: w\r\n\r\n')
  t.equal(observer.openExchanges, 0)
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  t.match(harness.events(), [
    { event: 'request_headers', exchange: 0, method: 'POST', path: '/p', authority: 'a', version: 'HTTP/1.1' },
    { event: 'request_body_chunk', offset: 0, size: 3, data: base64('abc') },
    { event: 'request_body_chunk', offset: 3, size: 3, data: base64('d') },
    { event: 'request_trailers', fields: [['T', 'v']] },
    { event: 'informational_response', status: 103, fields: [['Link', 'x']] },
    { event: 'response_headers', status: 201, source: 'origin' },
    { event: 'response_body_chunk', offset: 0, size: 2, data: base64('ok') },
    { event: 'response_trailers', fields: [['U', 'w']] },
    {
      event: 'stream_closed',
      exchange: 0,
      close_reason: 'completed',
      status: 201,
      method: 'POST',
      bytes_client: 6,
      bytes_origin: 2,
    },
  ])
})

t.test('an answer of our own has its head told, as ours', async (t) => {
  const { harness, observer } = setUp()
  const handler = new CannedResponder(observer, () => REPLY, 'upstream_connect_failed')
  const relay = new LayerRelay(new Http1Layer({ handler }))
  relay.feed(CLIENT, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(relay.toClient, REPLY.toString())
  t.equal(relay.close?.reason, 'upstream_connect_failed', 'it announces the close')
  const fields = [
    ['Content-Length', '3'],
    ['Connection', 'close'],
  ]
  t.match(harness.events(), [
    { event: 'request_headers' },
    { event: 'response_headers', status: 502, source: 'engine', fields },
    { event: 'stream_closed', close_reason: 'upstream_connect_failed', status: 502, bytes_origin: 0 },
  ])
})

/** Puts REPLY in the place of every response of the origin's. */
class Replacer extends ForwardingHandler {
  override onResponseHead(exchange: number, head: Parameters<ForwardingHandler['onResponseHead']>[1]): HeadVerdict {
    super.onResponseHead(exchange, head)
    return { kind: 'respond', response: REPLY, reason: 'fault_injected' }
  }
}

function openHttp2(handler: ForwardingHandler): LayerRelay {
  const relay = new LayerRelay(new Http2Layer({ handler, now: () => 0 }))
  relay.feed(CLIENT, Buffer.concat([PREFACE, settings()]))
  relay.feed(ORIGIN, Buffer.concat([settings(), settingsAck()]))
  relay.feed(CLIENT, settingsAck())
  return relay
}

t.test('in HTTP/2 likewise, with the fields that it has a place for', async (t) => {
  const { harness, observer } = setUp()
  harness.flow.multiplexed = true
  const relay = openHttp2(new CannedResponder(observer, () => REPLY, 'upstream_connect_failed'))
  relay.feed(CLIENT, headers(1, GET, true))
  t.match(harness.events(), [
    { event: 'request_headers', stream_id: 1, version: 'HTTP/2' },
    { event: 'response_headers', stream_id: 1, status: 502, version: 'HTTP/2', source: 'engine', fields: [['content-length', '3']] },
    { event: 'stream_closed', stream_id: 1, close_reason: 'upstream_connect_failed', status: 502 },
  ])
})

t.test('an answer of the origin’s that ours stands for is told no further than its head', async (t) => {
  const told = [
    { event: 'request_headers' },
    { event: 'response_headers', status: 200, source: 'origin' },
    { event: 'response_headers', status: 502, source: 'engine' },
    { event: 'stream_closed', close_reason: 'fault_injected', status: 502, bytes_origin: 0 },
  ]
  const http1 = setUp()
  const relay = new LayerRelay(new Http1Layer({ handler: new Replacer(http1.observer) }))
  relay.feed(CLIENT, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  relay.feed(ORIGIN, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nU: w\r\n\r\n')
  t.equal(relay.toClient, REPLY.toString())
  const events = http1.harness.events()
  t.match(events, told)
  t.equal(events.length, told.length)
  const http2 = setUp()
  http2.harness.flow.multiplexed = true
  const frames = openHttp2(new Replacer(http2.observer))
  frames.feed(CLIENT, headers(1, GET, true))
  frames.feed(ORIGIN, Buffer.concat([headers(1, [[':status', '200']]), data(1, 'ok', true)]))
  const streams = http2.harness.events()
  t.match(streams, told)
  t.equal(streams.length, told.length)
})

t.test('a gRPC call that we answer has the status of our answer', async (t) => {
  const answers = [
    [
      'HTTP/1.1 200 \r\ncontent-type: application/grpc\r\ngrpc-status: 14\r\ngrpc-message: a%20b\r\n\r\n',
      { status: 14, outcome: 'status' },
    ],
    [REPLY, { outcome: 'http_error' }],
  ] as const
  for (const [answer, told] of answers) {
    const { harness, observer } = setUp(0, 'metadata')
    harness.flow.multiplexed = true
    const relay = openHttp2(new CannedResponder(observer, () => Buffer.from(answer), 'fault_injected'))
    relay.feed(CLIENT, headers(1, [...POST, ['content-type', 'application/grpc']], true))
    t.match(
      harness.events().find(({ event }) => event === 'grpc_call'),
      told,
    )
  }
})

t.test('violations: of an exchange, and of what never became one', async (t) => {
  const inside = setUp()
  const relay = new LayerRelay(new Http1Layer({ handler: inside.observer }))
  relay.feed(CLIENT, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  relay.feed(ORIGIN, 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n')
  t.same(inside.violations, ['http1_bad_content_length'])
  t.match(inside.harness.events(), [
    { event: 'request_headers' },
    { event: 'response_headers', status: 502, source: 'engine' },
    { event: 'stream_closed', close_reason: 'protocol_violation', violation: 'http1_bad_content_length', status: 502 },
  ])
  const before = setUp()
  new LayerRelay(new Http1Layer({ handler: before.observer })).feed(CLIENT, 'GET / HTTP/1.1\n\n')
  t.same(before.violations, ['http1_bare_lf'])
  t.same(before.harness.events(), [])
})

t.test('upgrade', async (t) => {
  const { harness, observer } = setUp()
  const relay = new LayerRelay(new Http1Layer({ handler: observer }))
  relay.feed(CLIENT, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  relay.feed(ORIGIN, 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: X\r\n\r\n')
  t.match(
    harness.events().map((event) => event.event),
    ['request_headers', 'response_headers', 'connection_upgraded', 'stream_closed'],
  )
})

t.test('the forwarding handler hands on everything', async (t) => {
  const script = (relay: LayerRelay) => {
    relay.feed(
      CLIENT,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: v\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    )
    relay.feed(ORIGIN, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\nU: w\r\n\r\n')
    relay.feed(ORIGIN, 'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  }
  const [direct, forwarded] = [new HttpRecorder(), new HttpRecorder()]
  script(new LayerRelay(new Http1Layer({ handler: direct })))
  script(new LayerRelay(new Http1Layer({ handler: new ForwardingHandler(forwarded) })))
  t.ok(direct.facts.length > 12)
  t.same(forwarded.facts, direct.facts)
})
