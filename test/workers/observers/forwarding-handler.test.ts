/** ForwardingHandler hands on every call of HttpHandler with every argument, and the verdicts back. */

import t from 'tap'
import type { HttpHandler } from '../../../src/workers/layers/http/http-handler.ts'
import { ForwardingHandler } from '../../../src/workers/observers/forwarding-handler.ts'

/** Every method of HttpHandler: the type makes the list complete. */
const ARGUMENTS: Readonly<Record<keyof HttpHandler, number>> = {
  onRequestHead: 2,
  onRequestBody: 2,
  onRequestTrailers: 2,
  onRequestEnd: 1,
  onInformational: 2,
  onResponseHead: 2,
  onAltSvcStripped: 1,
  onAltSvc: 3,
  onReply: 2,
  bodyEditFor: 3,
  onResponseBody: 2,
  onResponseTrailers: 2,
  onResponseEnd: 1,
  onExchangeEnd: 3,
  onUpgrade: 2,
  switchedEditFor: 2,
  onViolation: 3,
}

for (const [method, count] of Object.entries(ARGUMENTS)) {
  t.test(method, async (t) => {
    const calls: unknown[][] = []
    const verdict = { kind: 'wait' }
    const next = {
      [method]: (...given: unknown[]) => {
        calls.push(given)
        return verdict
      },
    }
    const handler = new ForwardingHandler(next as unknown as HttpHandler) as unknown as Record<string, (...given: unknown[]) => unknown>
    const given = Array.from({ length: count }, (_, n) => ({ argument: n }))
    const answer = handler[method]?.(...given)
    t.same(calls, [given])
    if (method.endsWith('Head') || method.endsWith('EditFor')) t.equal(answer, verdict)
  })
}

t.test('a handler without what is optional is not asked to have it', async (t) => {
  const handler = new ForwardingHandler({} as HttpHandler)
  t.doesNotThrow(() => handler.onReply(0, new Uint8Array(0)))
  t.doesNotThrow(() => handler.onAltSvcStripped(0))
  t.doesNotThrow(() => handler.onAltSvc(0, '', true))
})
