/**
 * The four events of a small exchange, as an observer writes them: request head, response head, one body chunk, the end.
 */

import type { FlowCursor } from '../../src/shared/events/flow-cursor.ts'
import type { HeadBlock, StreamEnd } from '../../src/shared/events/record/event-input.ts'
import type { EventWriter } from '../../src/shared/events/record/record-writer.ts'

export const EVENTS_PER_EXCHANGE = 4

const REQUEST =
  'GET /v1/items/4711?expand=all HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: application/json, text/plain, */*\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAuthorization: Bearer 0123456789abcdef\r\nReferer: https://www.example.com/\r\nConnection: keep-alive\r\n\r\n'
const HOST_AT = REQUEST.indexOf('api.example.com')

const HEAD: HeadBlock = {
  fields: { bytes: Buffer.from(REQUEST), start: REQUEST.indexOf('\n') + 1, end: REQUEST.length - 2 },
  methodStart: 0,
  methodEnd: 3,
  targetStart: 4,
  targetEnd: REQUEST.indexOf(' HTTP/'),
  authorityStart: HOST_AT,
  authorityEnd: HOST_AT + 'api.example.com'.length,
  status: 200,
  version: 11,
}

const END: StreamEnd = {
  closeReason: 'completed',
  violation: undefined,
  status: 200,
  method: 'GET',
  bytesClient: 0,
  bytesOrigin: 5_120,
  durationMs: 12.25,
  ttfbMs: 8.5,
  code: -1,
  opaque: false,
  detail: undefined,
}

export function writeExchange(writer: EventWriter, flow: FlowCursor, exchange: number): void {
  writer.requestHeaders(flow, exchange, HEAD, exchange)
  writer.responseHeaders(flow, exchange, HEAD, exchange)
  writer.bodyChunk('response_body_chunk', flow, exchange, 0, 5_120, undefined, exchange)
  writer.streamClosed(flow, exchange, END, exchange)
}
