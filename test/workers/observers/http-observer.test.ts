/** HttpObserver: what is kept of exchanges that overlap, and what of one does not leak into the next. */

import t from 'tap'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { CLIENT } from '../../../src/shared/side.ts'
import { HTTP1_VIOLATIONS } from '../../../src/shared/violations/http1.ts'
import { MessageHead } from '../../../src/workers/layers/http/message-head.ts'
import { McpSessions } from '../../../src/workers/layers/mcp/mcp-pairs.ts'
import { HttpObserver } from '../../../src/workers/observers/http-observer.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'

function head(method: string, status: number): MessageHead {
  const made = new MessageHead()
  const bytes = Buffer.from(`${method} / HTTP/1.1\r\n`)
  made.fields.reset(bytes, bytes.length)
  made.methodEnd = method.length
  made.targetStart = method.length + 1
  made.targetEnd = method.length + 2
  made.status = status
  return made
}

function observed(): { observer: HttpObserver; session: { now: number; violation: string | undefined }; closed(): SothEvent[] } {
  const harness = new EventHarness()
  const session = { flow: harness.flow, now: 0, violation: undefined as string | undefined, switchTo() {} }
  const closed = () => harness.events().filter(({ event }) => event === 'stream_closed')
  return {
    observer: new HttpObserver({ events: harness.writer, mcpSessions: new McpSessions() }, session, {
      captureBodyBytes: 0,
      observe: 'metadata',
    }),
    session,
    closed,
  }
}

t.test('an exchange begins with nothing of the one before it', (t) => {
  const { observer, session, closed } = observed()
  observer.onRequestHead(0, head('POST', 0))
  observer.onRequestBody(0, new Uint8Array(10))
  session.now = 5
  observer.onResponseHead(0, head('', 200))
  observer.onResponseBody(0, new Uint8Array(20))
  observer.onViolation(0, CLIENT, HTTP1_VIOLATIONS.http1_bad_host)
  session.now = 7
  observer.onExchangeEnd(0, 'protocol_violation')
  observer.onExchangeEnd(0, 'completed')
  observer.onRequestHead(1, head('GET', 0))
  t.equal(observer.openExchanges, 1)
  observer.onExchangeEnd(1, 'completed')
  t.equal(observer.openExchanges, 0)
  t.equal(session.violation, 'http1_bad_host')
  const [first, second] = closed()
  t.match(first, { exchange: 0, method: 'POST', status: 200, bytes_client: 10, bytes_origin: 20, duration_ms: 7, ttfb_ms: 5 })
  t.match(first, { close_reason: 'protocol_violation', violation: 'http1_bad_host' })
  t.match(second, { exchange: 1, method: 'GET', close_reason: 'completed', bytes_client: 0, bytes_origin: 0, duration_ms: 0 })
  for (const absent of ['status', 'violation', 'ttfb_ms']) t.notOk(absent in (second ?? {}), absent)
  t.end()
})

t.test('pipelined exchanges end in any order', (t) => {
  const { observer, closed } = observed()
  for (let exchange = 0; exchange < 4; exchange++) observer.onRequestHead(exchange, head('GET', 0))
  t.equal(observer.openExchanges, 4)
  for (const exchange of [3, 0, 2]) {
    observer.onResponseHead(exchange, head('', 200 + exchange))
    observer.onExchangeEnd(exchange, 'completed')
  }
  observer.onRequestHead(4, head('HEAD', 0))
  t.equal(observer.openExchanges, 2)
  for (const exchange of [1, 4]) observer.onExchangeEnd(exchange, 'client_reset')
  t.equal(observer.openExchanges, 0)
  const told = closed().map((event) => ('exchange' in event ? event.exchange : undefined))
  t.same(told, [3, 0, 2, 1, 4])
  t.end()
})

t.test('a head that is told anew is the same exchange', (t) => {
  const { observer, closed } = observed()
  observer.onRequestHead(0, head('GET', 0))
  observer.onRequestHead(0, head('GET', 0))
  t.equal(observer.openExchanges, 1)
  observer.onExchangeEnd(0, 'completed')
  t.equal(closed().length, 1)
  t.end()
})

t.test('an offer of HTTP/3 is told once per action, with the exchange or stream that made it', (t) => {
  const harness = new EventHarness()
  const session = { flow: harness.flow, now: 0, violation: undefined, switchTo() {} }
  const options = { captureBodyBytes: 0, observe: 'metadata' } as const
  const observer = new HttpObserver({ events: harness.writer, mcpSessions: new McpSessions() }, session, options)
  const respond = (exchange: number, altSvc: string, isStripped = false) => {
    observer.onRequestHead(exchange, head('GET', 0))
    if (isStripped) observer.onAltSvcStripped(exchange)
    const response = head('', 200)
    const bytes = Buffer.from(`alt-svc: ${altSvc}\r\n`)
    response.fields.reset(bytes, 0)
    response.fields.add(0, 7, 9, bytes.length - 2)
    response.fields.end = bytes.length
    observer.onResponseHead(exchange, response)
    observer.onExchangeEnd(exchange, 'completed')
  }
  respond(0, 'clear')
  respond(1, 'h3=":443"; ma=5')
  respond(2, 'h3=":443"; ma=5')
  respond(3, 'h3="b.example:443"', true)
  observer.onAltSvc(0, 'h3=":1"', true)
  const told = harness.events().filter(({ event }) => event === 'http3_passthrough')
  t.match(told, [
    { exchange: 1, source: 'field', action: 'left', authority: ':443', value: 'h3=":443"; ma=5', protocol: 'http3' },
    { exchange: 3, source: 'field', action: 'stripped', authority: 'b.example:443' },
  ])
  t.equal(told.length, 2)
  t.end()
})
