/**
 * Builds what reads HTTP in a session: the observer, and the layer that drives it. Worker thread.
 */

import type { HttpHandler } from './layers/http/http-handler.ts'
import { Http1Layer } from './layers/http1/http1-layer.ts'
import { HttpObserver } from './observers/http-observer.ts'
import type { Session } from './session.ts'

export function observerFor(session: Session): HttpObserver {
  const observer = new HttpObserver({
    events: session.context.events,
    flow: session.flow,
    captureBytes: session.ticket.decision.options.captureBodyBytes,
    now: () => session.now,
    onViolation: (code) => {
      session.violation = code
    },
  })
  session.isQuiet = () => observer.openExchanges === 0
  return observer
}

/** `switchesOrigins`: the requests of plain proxying, each of which may have another origin. */
export function httpLayer(session: Session, handler: HttpHandler, switchesOrigins = false): Http1Layer {
  const { limits } = session.context.options
  return new Http1Layer({
    handler,
    strict: session.ticket.decision.options.strict,
    headBytes: limits.head_bytes,
    headFields: limits.head_fields,
    switchesOrigins,
  })
}
