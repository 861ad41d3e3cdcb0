/** idleLimitMs: by the labels of the exchanges that are open. */

import t from 'tap'
import type { Protocol } from '../../src/shared/events/protocols.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { idleLimitMs } from '../../src/workers/idle-limit.ts'

const { limits } = parseOptions({
  limits: { idle_timeout_ms: 10, sse_idle_timeout_ms: 20, streamable_http_idle_timeout_ms: 30, ws_idle_timeout_ms: 5 },
})

function withOpen(...protocols: Protocol[]): number {
  return idleLimitMs({ exchanges: { eachProtocol: (visit) => protocols.forEach(visit) } }, limits)
}

t.equal(idleLimitMs({ exchanges: undefined }, limits), 10, 'a tunnel')
t.equal(withOpen(), 10)
t.equal(withOpen('http1', 'http2'), 10)
t.equal(withOpen('sse'), 20)
t.equal(withOpen('http2', 'sse', 'streamable_http'), 30, 'the most patient')
t.equal(withOpen('ws'), 5, 'a limit of its own may be shorter than the general one')
