/**
 * Event streams and decoded bodies through the engine, by plain HTTP clients: golden event sequences, codings, early ends.
 */

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import * as zlib from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { openTunnel } from '../../support/proxy-client.ts'
import { streamStory } from '../../support/recorders/stream-story.ts'
import { originCertificate, startHttpsOrigin, type TestOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

/** One request through the proxy on a connection of its own. */
async function ask(harness: EngineHarness, port: number, asked: Asked = {}): Promise<IncomingMessage> {
  const tunnel = await openTunnel(harness.proxyPort, `localhost:${port}`)
  const socket = connectTls({ socket: tunnel, ca: harness.caPem, servername: 'localhost' })
  const { method = 'GET', path = '/', headers = {}, body } = asked
  const request = httpsRequest({ method, path, headers: { host: 'localhost', ...headers }, createConnection: () => socket })
  request.on('error', () => {})
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function originOf(t: Test, serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<TestOrigin> {
  const origin = await startHttpsOrigin(serve)
  t.teardown(() => origin.close())
  return origin
}

const CAPTURE = { rules: [{ capture: { body_bytes: 32 } }] }
const EVENTS = 'retry: 10\n\nid: 1\ndata: eins\ndata: zwei\n\n: comment\n\nevent: tick\r\ndata: ünï\r\n\r\ndata: cut'

t.test('an event stream, event by event, whatever its coding', async (t) => {
  const codings: Record<string, (text: string) => Uint8Array> = {
    '': (text) => Buffer.from(text),
    gzip: zlib.gzipSync,
    deflate: zlib.deflateSync,
    br: zlib.brotliCompressSync,
    'gzip, br': (text) => zlib.brotliCompressSync(zlib.gzipSync(text)),
  }
  for (const [coding, encodeBody] of Object.entries(codings)) {
    const harness = await EngineHarness.start(t, CAPTURE)
    const body = encodeBody(EVENTS)
    const origin = await originOf(t, (_request, response) => {
      response.writeHead(200, {
        'content-type': 'Text/Event-Stream; charset=utf-8',
        ...(coding === '' ? {} : { 'content-encoding': coding }),
      })
      for (const byte of body) response.write(Uint8Array.of(byte))
      response.end()
    })
    t.ok((await bodyOf(await ask(harness, origin.port))).equals(Buffer.from(body)))
    await harness.checkLaws(t, 1)
    const told = coding === '' ? '' : ` content_coding=${coding}`
    t.same(
      streamStory(harness.events),
      [
        'request_headers @http1 method=GET path=/',
        'response_headers @sse status=200 source=origin',
        'sse_event @sse index=0 type=message id=1 offset=11 size=29 data_size=9 data=eins\nzwei',
        'sse_event @sse index=1 type=tick offset=51 size=27 data_size=5 data=ünï',
        'sse_event @sse index=2 type=message offset=78 size=10 data_size=3 incomplete=true data=cut',
        `body_decoded @sse side=origin kind=event_stream${told} encoded_size=${body.length} decoded_size=${Buffer.byteLength(EVENTS)} items=3`,
        `stream_closed @sse close_reason=completed status=200 method=GET bytes_client=0 bytes_origin=${body.length}`,
        ...streamStory(harness.flowEnds()),
      ],
      coding,
    )
    t.equal(harness.flowEnds()[0]?.protocol, 'http1')
  }
})

t.test('codings that end early or are broken are told, and relayed', async (t) => {
  const whole = zlib.gzipSync(EVENTS.repeat(50))
  for (const [body, reason] of [
    [whole.subarray(0, whole.length - 20), 'truncated'],
    [Buffer.from('no gzip at all'), 'corrupt'],
  ] as const) {
    const harness = await EngineHarness.start(t)
    const origin = await originOf(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }).end(body)
    })
    t.ok((await bodyOf(await ask(harness, origin.port))).equals(body))
    await harness.checkLaws(t, 1)
    t.match(harness.named('decode_failed'), [{ side: 'origin', layer: 'content_coding', reason, coding: 'gzip', protocol: 'sse' }])
    t.match(harness.exchangeEnds(), [{ close_reason: 'completed' }])
  }
})

t.test('a client that closes ends the stream upstream at once', async (t) => {
  const harness = await EngineHarness.start(t)
  let isClosed = false
  const origin = await originOf(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: a\n\n')
    request.socket.on('close', () => {
      isClosed = true
    })
  })
  const response = await ask(harness, origin.port)
  await once(response, 'data')
  response.destroy()
  await until(() => isClosed, 'the stream upstream has ended')
  await harness.checkLaws(t, 1)
  t.equal(harness.named('sse_event').length, 1)
  t.match(harness.exchangeEnds()[0]?.close_reason, /^client_/)
})

t.test('observe: bodies reads JSON, lines and msgpack', async (t) => {
  const harness = await EngineHarness.start(t, { ...CAPTURE, observe: 'bodies' })
  const packed = encode({ name: 'x', list: [1, 2] })
  const bodies: Record<string, [string, Uint8Array]> = {
    '/json': ['application/json', Buffer.from(`)]}',\n{"a":1}`)],
    '/lines': ['application/x-ndjson', Buffer.from('{"a":1}\n{"a":2}\n')],
    '/packed': ['application/x-msgpack', packed],
    '/sniffed': ['application/octet-stream', packed],
    '/text': ['text/plain', Buffer.from('{"a":1}')],
    '/cut': ['application/json', Buffer.from('{"a":')],
    '/part': ['application/json', Buffer.from('":1')],
  }
  const origin = await originOf(t, (request, response) => {
    const [type, body] = bodies[request.url ?? ''] as [string, Uint8Array]
    const status = request.url === '/part' ? 206 : 200
    response.writeHead(status, { 'content-type': type, 'content-encoding': 'gzip' }).end(zlib.gzipSync(body))
  })
  for (const path of Object.keys(bodies)) await bodyOf(await ask(harness, origin.port, { path }))
  await harness.checkLaws(t, 7)
  const told = harness.events.filter(({ event }) => /^(body_|msgpack|decode)/.test(event))
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  t.same(streamStory(told, ['encoded_size']), [
    `body_sanitized @http1 side=origin prefix=)]}',`,
    `body_decoded @http1 side=origin kind=json content_coding=gzip decoded_size=13 items=0 data=${base64('\n{"a":1}')}`,
    `body_decoded @http1 side=origin kind=ndjson content_coding=gzip decoded_size=16 items=2 data=${base64('{"a":1}\n{"a":2}\n')}`,
    `msgpack_value @http1 side=origin index=0 size=${packed.length} depth=2 value={"name":"x","list":[1,2]}`,
    `body_decoded @http1 side=origin kind=msgpack content_coding=gzip decoded_size=${packed.length} items=1`,
    `msgpack_value @http1 side=origin index=0 size=${packed.length} depth=2 sniffed=true value={"name":"x","list":[1,2]}`,
    `body_decoded @http1 side=origin kind=untyped content_coding=gzip decoded_size=${packed.length} items=1`,
    'decode_failed @http1 side=origin layer=json reason=truncated detail=the JSON document has no end',
    `body_decoded @http1 side=origin kind=json content_coding=gzip decoded_size=5 items=0 data=${base64('{"a":')}`,
  ])
})

t.test('an LLM call: facts from request and stream, errors inside a 200', async (t) => {
  const harness = await EngineHarness.start(t)
  const origin = await originOf(t, (request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = (type: string, data: object) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
      event('message_start', { message: { id: 'msg_1', model: 'claude-x', usage: { input_tokens: 5, output_tokens: 1 } } })
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } })
      event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })
      response.end()
    })
  })
  const body = JSON.stringify({ model: 'claude-asked', stream: true, messages: [{ role: 'user', content: 'hello' }] })
  await bodyOf(
    await ask(harness, origin.port, { method: 'POST', path: '/v1/messages', headers: { 'content-type': 'application/json' }, body }),
  )
  await harness.checkLaws(t, 1)
  t.same(streamStory(harness.named('llm_exchange')), [
    'llm_exchange @sse api=anthropic_messages evidence=path requested_model=claude-asked model=claude-x response_id=msg_1 stream=true streamed=true status=200 complete=false input_tokens=5 output_tokens=1 events=3 content_events=1 error_type=overloaded_error error_message=Overloaded error_in_stream=true',
  ])
  t.equal(harness.named('sse_event').length, 3)
  t.equal(
    harness.events.findIndex(({ event }) => event === 'llm_exchange'),
    harness.events.length - 3,
    'behind the body, before the end',
  )
})

t.test('MCP: messages, pairing, mismatched header fields', async (t) => {
  const harness = await EngineHarness.start(t)
  const origin = await originOf(t, (request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":true}}')
    })
  })
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{}}}'
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'sub',
  }
  await bodyOf(await ask(harness, origin.port, { method: 'POST', path: '/mcp', headers, body }))
  await harness.checkLaws(t, 1)
  t.same(streamStory(harness.events), [
    'request_headers @streamable_http method=POST path=/mcp',
    'mcp_message @streamable_http side=client kind=request method=tools/call id=1 name=add mismatches=[["mcp-name","sub","add"]]',
    'response_headers @streamable_http status=200 source=origin',
    'mcp_message @streamable_http side=origin kind=response id=1 name=add tool_error=true answers=tools/call',
    'mcp_exchange @streamable_http transport=streamable_http protocol_version=2026-07-28 status=200 messages_client=1 messages_origin=1 batch=0 unanswered=0 cancelled=false',
    `stream_closed @streamable_http close_reason=completed status=200 method=POST bytes_client=${body.length} bytes_origin=63`,
    ...streamStory(harness.flowEnds()),
  ])
})

t.test('observe: none by a rule tells of HTTP alone', async (t) => {
  const harness = await EngineHarness.start(t, { rules: [{ match: { host: 'localhost' }, observe: 'none' }] })
  const origin = await originOf(t, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: a\n\n'),
  )
  t.equal(String(await bodyOf(await ask(harness, origin.port))), 'data: a\n\n')
  await harness.checkLaws(t, 1)
  t.same(harness.named('sse_event'), [])
  t.match(harness.exchangeEnds(), [{ protocol: 'http1' }])
})

t.test('event streams of one HTTP/2 connection, each under its own label', async (t) => {
  const harness = await EngineHarness.start(t, CAPTURE)
  const server = createSecureServer(originCertificate(), (request, response) => {
    const isStream = request.url === '/events'
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'text/plain' })
    response.end(isStream ? 'data: a\n\ndata: b\n\n' : 'plain')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const tunnel = await openTunnel(harness.proxyPort, `localhost:${(server.address() as AddressInfo).port}`)
  const secure = connectTls({ socket: tunnel, ca: harness.caPem, servername: 'localhost', ALPNProtocols: ['h2'] })
  await once(secure, 'secureConnect')
  const client = connectHttp2('https://localhost', { createConnection: () => secure })
  const get = async (path: string) => {
    const stream = client.request({ ':path': path })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
  t.same(await Promise.all([get('/events'), get('/text')]), ['data: a\n\ndata: b\n\n', 'plain'])
  client.close()
  await once(client, 'close')
  await harness.settled(1)
  t.match(harness.named('sse_event'), [
    { stream_id: 1, protocol: 'sse', data: 'a', index: 0 },
    { stream_id: 1, protocol: 'sse', data: 'b', index: 1 },
  ])
  t.same(
    harness
      .named('stream_closed')
      .map(({ stream_id, protocol }) => `${stream_id} ${protocol}`)
      .sort(),
    ['1 sse', '3 http2', 'undefined http2'],
  )
})
