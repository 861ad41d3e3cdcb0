/**
 * eventLine: what people read of an event.
 */

import t from 'tap'
import { eventLine } from '../../../src/cli/demo/event-lines.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'

const base = {
  schema: 1,
  flow_id: 'x-1',
  flow_seq: 3,
  time_unix_ms: 1,
  time_mono_ns: '1',
  worker: 1,
  client_addr: '127.0.0.1:1',
  server_host: 'a',
  server_port: 1,
  protocol: 'http1',
} as const

const head: SothEvent = {
  ...base,
  event: 'request_headers',
  method: 'GET',
  path: '/',
  fields: [
    ['host', 'a'],
    ['cookie', '[redacted]'],
  ],
}
t.equal(eventLine(head), '    3  request_headers           method=GET path=/ fields=[host: a, cookie: [redacted]]')
const closed: SothEvent = { ...base, event: 'stream_closed', duration_ms: 1.23456, detail: 'x'.repeat(70) }
t.equal(eventLine(closed), `    3  stream_closed             duration_ms=1.23 detail=${'x'.repeat(60)}…`)
t.equal(eventLine({ ...base, event: 'events_dropped' }), '    3  events_dropped')
