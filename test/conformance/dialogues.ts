/**
 * The recorded dialogues: what a client and an origin write, octet for octet, in turns. Each turn is relayed whole before the next
 * begins; where the engine answers itself, the turn says with what.
 */

import { data, type FieldList, frame, headers, PREFACE, settings, settingsAck } from '../support/octets/http2-frames.ts'
import { fromClient, frame as webSocketFrame } from '../support/octets/websocket-frames.ts'

export interface Turn {
  readonly from: 'client' | 'origin'
  readonly bytes: Uint8Array
  /** The engine's own answer to the client, in the place of the relay. */
  readonly answered?: string
}

export interface Dialogue {
  readonly name: string
  readonly alpn: 'http/1.1' | 'h2'
  readonly turns: readonly Turn[]
}

const client = (...parts: readonly (string | Uint8Array)[]): Turn => ({ from: 'client', bytes: octets(parts) })
const origin = (...parts: readonly (string | Uint8Array)[]): Turn => ({ from: 'origin', bytes: octets(parts) })
const refused = (text: string, answered: string): Turn => ({ from: 'client', bytes: octets([text]), answered })

function octets(parts: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
}

/** A head from its lines, and the body behind it. */
function message(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

const post = (path: string, body: string, ...lines: readonly string[]) =>
  message([`POST ${path} HTTP/1.1`, 'Host: a.example', 'Content-Type: application/json', `Content-Length: ${body.length}`, ...lines], body)
const reply = (type: string, body: string, ...lines: readonly string[]) =>
  message(['HTTP/1.1 200 OK', `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...lines], body)
const get = (path: string, ...lines: readonly string[]) => message([`GET ${path} HTTP/1.1`, 'Host: a.example', ...lines])

const call: FieldList = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/shop.Orders/Place'],
  [':authority', 'a.example'],
  ['content-type', 'application/grpc+proto'],
  ['te', 'trailers'],
  ['grpc-timeout', '5S'],
]
const page: FieldList = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/page'],
  [':authority', 'a.example'],
]
const envelope = (text: string) => octets([Uint8Array.of(0, 0, 0, 0, text.length), text])
const opening = [client(PREFACE, settings()), origin(settings(), settingsAck()), client(settingsAck())]

const INITIALIZE =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}'
const INITIALIZED = '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","serverInfo":{"name":"s","version":"1"}}}'
const CALL = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add","arguments":{"a":1}}}'
const ACCEPT = 'Accept: application/json, text/event-stream'

export const DIALOGUES: readonly Dialogue[] = [
  {
    name: 'http1-pipelined',
    alpn: 'http/1.1',
    turns: [
      client(get('/a'), post('/b', '{"b":1}', 'Cookie: secret')),
      origin(reply('text/plain', 'one'), message(['HTTP/1.1 100 Continue'])),
      origin(message(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: x-end'], '3\r\ntwo\r\n0\r\nx-end: yes\r\n\r\n')),
    ],
  },
  {
    name: 'http2-streams',
    alpn: 'h2',
    turns: [
      ...opening,
      client(headers(1, page, true), headers(3, page, true)),
      origin(
        headers(3, [
          [':status', '200'],
          ['alt-svc', 'h3=":443"; ma=60'],
        ]),
        data(3, 'second', true),
      ),
      origin(headers(1, [[':status', '204']], true)),
    ],
  },
  {
    name: 'event-stream',
    alpn: 'http/1.1',
    turns: [
      client(get('/events')),
      origin(message(['HTTP/1.1 200 OK', 'Content-Type: text/event-stream', 'Connection: close'])),
      origin('id: 1\ndata: one\n\n'),
      origin('event: tick\ndata: two\ndata: lines\n\n'),
    ],
  },
  {
    name: 'websocket',
    alpn: 'http/1.1',
    turns: [
      client(
        get(
          '/talk',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        ),
      ),
      origin(
        message([
          'HTTP/1.1 101 Switching Protocols',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=',
        ]),
      ),
      client(fromClient({ opcode: 1, payload: 'question' })),
      origin(webSocketFrame({ opcode: 1, fin: false, payload: 'ans' }), webSocketFrame({ opcode: 0, payload: 'wer' })),
      client(fromClient({ opcode: 8, payload: Uint8Array.of(3, 232) })),
      origin(webSocketFrame({ opcode: 8, payload: Uint8Array.of(3, 232) })),
    ],
  },
  {
    name: 'grpc-call',
    alpn: 'h2',
    turns: [
      ...opening,
      client(headers(1, call), data(1, envelope('order'), true)),
      origin(
        headers(1, [
          [':status', '200'],
          ['content-type', 'application/grpc+proto'],
        ]),
        data(1, envelope('placed')),
      ),
      origin(
        headers(
          1,
          [
            ['grpc-status', '9'],
            ['grpc-message', 'sold%20out'],
          ],
          true,
        ),
      ),
    ],
  },
  {
    name: 'mcp-session',
    alpn: 'http/1.1',
    turns: [
      client(post('/mcp', INITIALIZE, ACCEPT)),
      origin(reply('application/json', INITIALIZED, 'Mcp-Session-Id: abc')),
      client(post('/mcp', CALL, ACCEPT, 'Mcp-Session-Id: abc', 'MCP-Protocol-Version: 2025-06-18')),
      origin(reply('text/event-stream', 'event: message\ndata: {"jsonrpc":"2.0","id":2,"result":{"content":[]}}\n\n')),
    ],
  },
  {
    name: 'blocked',
    alpn: 'http/1.1',
    turns: [client(get('/open')), origin(reply('text/plain', 'open')), refused(get('/blocked/x'), 'HTTP/1.1 403 ')],
  },
  {
    name: 'rejected',
    alpn: 'http/1.1',
    turns: [
      refused(
        message(['POST /smuggle HTTP/1.1', 'Host: a.example', 'Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
        'HTTP/1.1 400 ',
      ),
    ],
  },
  {
    name: 'http2-altsvc',
    alpn: 'h2',
    turns: [
      ...opening,
      origin(frame(0xa, 0, 0, octets([Uint8Array.of(0, 17), 'https://a.example', 'h3=":443"']))),
      client(headers(1, page, true)),
      origin(headers(1, [[':status', '204']], true)),
    ],
  },
]
