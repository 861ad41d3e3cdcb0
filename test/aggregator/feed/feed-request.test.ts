/** parseFeedRequest, parseFeedMessage: what clients ask for, and every mistake in it. */

import t from 'tap'
import { parseFeedMessage, parseFeedRequest, subprotocolIn } from '../../../src/aggregator/feed/feed-request.ts'

t.test('a request without anything takes every event, as MessagePack', (t) => {
  t.same(parseFeedRequest('', {}), { filter: {}, format: 'msgpack', queue: undefined })
  t.end()
})

t.test('every parameter; lists with commas and by repetition', (t) => {
  t.same(
    parseFeedRequest('event=sse_event,mcp_message&event=stream_closed&host=.b.example&protocol=ws&flow_id=i-7&format=json&queue=12', {}),
    {
      filter: { events: ['sse_event', 'mcp_message', 'stream_closed'], hosts: ['.b.example'], protocols: ['ws'], flow_id: 'i-7' },
      format: 'json',
      queue: 12,
    },
  )
  t.end()
})

t.test('the subprotocol wins over the parameter; the first that is known is taken', (t) => {
  const headers = { 'sec-websocket-protocol': 'x, soth.events.v1.json, soth.events.v1.msgpack' }
  t.match(parseFeedRequest('format=msgpack', headers), { format: 'json' })
  t.match(parseFeedRequest('format=json', { 'sec-websocket-protocol': 'constructor' }), { format: 'json' })
  t.equal(subprotocolIn(['constructor', 'soth.events.v1.msgpack']), 'soth.events.v1.msgpack')
  t.equal(subprotocolIn([]), undefined)
  t.end()
})

t.test('mistakes', (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['events=sse_event', /no parameter "events"; there are event, host/],
    ['event=sse_evnt', /no event "sse_evnt"; did you mean "sse_event"/],
    ['protocol=h3', /no protocol "h3"/],
    ['format=', /format must be one of msgpack, json/],
    ['queue=1.5', /queue must be/],
    ['queue=1e9', /queue must be/],
    [`host=${'a,'.repeat(1_025)}`, /more than 1024 entries/],
  ]
  for (const [query, problem] of table) t.match(parseFeedRequest(query, {}), problem, query.slice(0, 40))
  t.end()
})

t.test('messages', (t) => {
  t.same(parseFeedMessage('{"filter":{}}'), {})
  t.same(parseFeedMessage('{"filter":{"events":["sse_event"],"hosts":["a"]}}'), { events: ['sse_event'], hosts: ['a'] })
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /not JSON/],
    ['[]', /write \{"filter"/],
    ['null', /write \{"filter"/],
    ['{"filter":[]}', /write \{"filter"/],
    ['{"filter":{"event":["sse_event"]}}', /no member "event"; there are events/],
    ['{"filter":{"events":"sse_event"}}', /filter.events must be a list of strings/],
    ['{"filter":{"hosts":[1]}}', /filter.hosts must be a list of strings/],
    ['{"filter":{"flow_id":7}}', /filter.flow_id must be a string/],
    ['{"filter":{"protocols":["h2"]}}', /no protocol "h2"/],
  ]
  for (const [text, problem] of table) t.match(parseFeedMessage(text), problem, text)
  t.end()
})
