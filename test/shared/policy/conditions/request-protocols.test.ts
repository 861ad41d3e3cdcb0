/** What a request speaks, for every protocol that rules know. */

import t from 'tap'
import { RULE_PROTOCOLS, type SpokenFacts, speaks } from '../../../../src/shared/policy/conditions/request-protocols.ts'
import { fieldSectionOf } from '../../../support/octets/field-section-of.ts'

const CASES: readonly (readonly [name: string, facts: SpokenFacts, spoken: readonly string[]])[] = [
  ['nothing known', {}, []],
  ['HTTP/1.1', { transport: 'http1', method: 'GET', fields: fieldSectionOf() }, ['http1']],
  ['HTTP/2', { transport: 'http2', method: 'GET', fields: fieldSectionOf() }, ['http2']],
  ['an upgrade', { transport: 'http1', method: 'GET', fields: fieldSectionOf('Upgrade: WebSocket') }, ['http1', 'ws']],
  ['another upgrade', { transport: 'http1', method: 'GET', fields: fieldSectionOf('Upgrade: h2c') }, ['http1']],
  ['extended CONNECT', { transport: 'http2', method: 'CONNECT', fields: fieldSectionOf('sec-websocket-version: 13') }, ['http2', 'ws']],
  ['a tunnel in HTTP/2', { transport: 'http2', method: 'CONNECT', fields: fieldSectionOf() }, ['http2']],
  ['gRPC', { transport: 'http2', method: 'POST', fields: fieldSectionOf('content-type: application/grpc+proto') }, ['http2', 'grpc']],
  ['an event stream', { transport: 'http1', method: 'GET', fields: fieldSectionOf('Accept: text/event-stream') }, ['http1', 'sse']],
  ['other octets', { transport: 'tunnel' }, ['tunnel']],
]

t.test('who speaks what', async (t) => {
  for (const [name, facts, spoken] of CASES) {
    t.same(
      RULE_PROTOCOLS.filter((protocol) => speaks(protocol, facts)),
      spoken,
      name,
    )
  }
})
