/** compileFilter: each condition alone and together; filterProblem on what callers may give. */

import t from 'tap'
import { compileFilter, filterProblem } from '../../../src/aggregator/sinks/event-filter.ts'
import type { OutgoingEvent } from '../../../src/aggregator/sinks/sink.ts'
import type { EventFilter } from '../../../src/shared/aggregator-protocol.ts'

const event: OutgoingEvent = {
  name: 'request_headers',
  flowId: 'i-1',
  isEngineFlow: false,
  serverHost: 'API.Example.com',
  protocol: 'http2',
  object: () => t.fail('a filter makes no object') as never,
  line: () => t.fail('a filter makes no line') as never,
}

const TABLE: readonly (readonly [EventFilter, boolean])[] = [
  [{}, true],
  [{ events: ['request_headers'] }, true],
  [{ events: ['response_headers', 'stream_closed'] }, false],
  [{ events: [] }, false],
  [{ hosts: ['api.example.com'] }, true],
  [{ hosts: ['API.EXAMPLE.COM'] }, true],
  [{ hosts: ['example.com'] }, false],
  [{ hosts: ['.example.com'] }, true],
  [{ hosts: ['*.example.com'] }, true],
  [{ hosts: ['.api.example.com'] }, false],
  [{ hosts: ['ample.com', '*.org'] }, false],
  [{ flow_id: 'i-1' }, true],
  [{ flow_id: 'i-2' }, false],
  [{ protocols: ['http1', 'http2'] }, true],
  [{ protocols: ['ws'] }, false],
  [{ events: ['request_headers'], hosts: ['.example.com'], flow_id: 'i-1', protocols: ['http2'] }, true],
  [{ events: ['request_headers'], hosts: ['.example.com'], flow_id: 'i-1', protocols: ['ws'] }, false],
]

for (const [filter, wanted] of TABLE) {
  t.equal(filterProblem(filter), undefined)
  t.equal(compileFilter(filter)(event), wanted, JSON.stringify(filter))
}

const BAD: readonly unknown[] = [
  { events: 'request_headers' },
  { hosts: [7] },
  { protocols: {} },
  { flow_id: 7 },
  { hosts: Array(2_000).fill('x') },
]
for (const filter of BAD) t.match(filterProblem(filter as EventFilter), /^filter\./, JSON.stringify(filter).slice(0, 60))
