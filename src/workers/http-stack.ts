/**
 * Builds what reads HTTP in a session: the observer, and the layer that drives it. Worker thread.
 */

import type { Protocol } from '../shared/events/protocols.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { HttpHandler } from './layers/http/http-handler.ts'
import { Http1Layer } from './layers/http1/http1-layer.ts'
import { HttpObserver } from './observers/http-observer.ts'
import type { Session } from './session.ts'

export function observerFor(session: Session): HttpObserver {
  const { context, ticket } = session
  const { captureBodyBytes, observe } = ticket.decision.options
  const { limits } = context.options
  const observer = new HttpObserver({
    observation: {
      events: context.events,
      flow: session.flow,
      level: observe,
      captureBytes: captureBodyBytes,
      now: () => session.now,
      mcpSessions: context.mcpSessions,
    },
    onViolation: (code) => {
      session.violation = code
    },
    onSwitch: (layer) => session.onSwitch(layer),
  })
  session.isQuiet = () => observer.isQuiet
  session.observer = observer
  session.idleLimitMs = () => idleLimitMs(observer, limits)
  session.onSweep = (now) => observer.flushIdle(now, limits.ws_turn_idle_ms)
  return observer
}

/** `switchesOrigins`: the requests of plain proxying, each of which may have another origin. */
export function httpLayer(session: Session, handler: HttpHandler, switchesOrigins = false): Http1Layer {
  const { limits } = session.context.options
  const layer = new Http1Layer({
    handler,
    strict: session.ticket.decision.options.strict,
    headBytes: limits.head_bytes,
    headFields: limits.head_fields,
    switchesOrigins,
  })
  session.onSwitch = (successor) => {
    layer.successor = successor
  }
  return layer
}

/** The idle limit of a connection: that of its most patient exchange whose protocol has one of its own, else the general one. */
function idleLimitMs(observer: HttpObserver, limits: EngineOptions['limits']): number {
  let longest = 0
  observer.eachProtocol((protocol) => {
    longest = Math.max(longest, ownIdleLimitMs(protocol, limits))
  })
  return longest === 0 ? limits.idle_timeout_ms : longest
}

function ownIdleLimitMs(protocol: Protocol, limits: EngineOptions['limits']): number {
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
