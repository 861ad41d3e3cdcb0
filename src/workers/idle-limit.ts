/**
 * How long a session may go without a byte, by what it carries: an event stream is silent for longer than a request may be. Worker
 * thread.
 */

import type { Protocol } from '../shared/events/protocols.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { SessionExchanges } from './session-exchanges.ts'

/** That of the most patient of its open exchanges whose protocol has a limit of its own, else the general one. */
export function idleLimitMs(
  { exchanges }: { readonly exchanges: Pick<SessionExchanges, 'eachProtocol'> | undefined },
  limits: EngineOptions['limits'],
): number {
  let longest = 0
  exchanges?.eachProtocol((protocol) => {
    longest = Math.max(longest, ownLimitMs(protocol, limits))
  })
  return longest === 0 ? limits.idle_timeout_ms : longest
}

/** 0: the protocol has none. */
function ownLimitMs(protocol: Protocol, limits: EngineOptions['limits']): number {
  switch (protocol) {
    case 'sse':
      return limits.sse_idle_timeout_ms
    case 'streamable_http':
      return limits.streamable_http_idle_timeout_ms
    case 'ws':
      return limits.ws_idle_timeout_ms
    default:
      return 0
  }
}
