/**
 * Builds what reads HTTP in a session: the observer, and the layer that drives it. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { HttpHandler } from '../layers/http/http-handler.ts'
import { Http1Layer, type Http1LayerOptions } from '../layers/http1/http1-layer.ts'
import { Http2Layer } from '../layers/http2/http2-layer.ts'
import { HttpObserver } from '../observers/http-observer.ts'
import { ReuseJudge } from '../observers/reuse-judge.ts'
import type { OpenOrigin } from '../origin/origin-pool.ts'
import type { Session } from '../session.ts'
import { gated } from './request-policy.ts'

/** What listens to a session's HTTP: the observer, behind the gate of policy where there is one. */
export function handlerFor(session: Session): HttpHandler {
  return gated(session, observerFor(session))
}

/** The observer alone, for sessions that the engine answers itself. */
export function observerFor(session: Session): HttpObserver {
  const observer = new HttpObserver(session.context, session, session.decision.options)
  session.exchanges = observer
  return observer
}

/** The layer of a connection that speaks HTTP/1.x on both sides. */
export function httpLayer(
  session: Session,
  handler: HttpHandler,
  { switchesOrigins = false }: Pick<Http1LayerOptions, 'switchesOrigins'> = {},
): Http1Layer {
  const { limits } = session.context.options
  const layer = new Http1Layer({
    handler,
    strict: session.decision.options.strict,
    headBytes: limits.head_bytes,
    headFields: limits.head_fields,
    switchesOrigins,
    now: () => session.now,
  })
  session.onSwitch = (_exchange, reader) => {
    layer.successor = reader
  }
  return layer
}

/**
 * The layer of a connection that speaks HTTP/2 on both sides: frames are relayed, not terminated. `noOrigin`: why there is nobody on the
 * other side.
 */
export function http2Layer(session: Session, handler: HttpHandler, noOrigin?: CloseReason): Http2Layer {
  const { http2_max_header_list_size: maxHeaderListSize } = session.context.options
  const { strict, stripsAltSvc } = session.decision.options
  // Every event of the connection belongs to a stream, whatever protocol label it carries.
  session.flow.multiplexed = true
  const layer = new Http2Layer({ handler, now: () => session.now, maxHeaderListSize, strict, stripsAltSvc, noOrigin })
  session.onSwitch = (exchange, reader) => layer.observeStream(exchange, reader)
  return layer
}

interface ReusableHttp {
  readonly layer: Http1Layer
  /** None without origin reuse. */
  readonly judge: ReuseJudge | undefined
}

/** The layer of an intercepted connection whose `origin` may serve another client: parked under `key` when this one is done and it is clean. */
export function reusableHttpLayer(session: Session, origin: OpenOrigin, key: string): ReusableHttp {
  const { options, originPool } = session.context
  const handler = handlerFor(session)
  if (!options.upstream.reuse) return { layer: httpLayer(session, handler), judge: undefined }
  const judge = new ReuseJudge(handler)
  const layer = httpLayer(session, judge)
  session.parkOrigin = () => {
    if (!layer.isReusable || judge.isBound || judge.maxAgeMs === 0) return false
    return originPool.park(key, origin, judge.maxAgeMs)
  }
  return { layer, judge }
}
