/**
 * What a client is told that can be told anything, where there is no answer of the origin: because there is no origin to ask, or because
 * it has gone. Worker thread.
 */

import { type ReplyForm, replyForm } from '../layers/http/reply-form.ts'
import { CannedResponder } from '../observers/canned-responder.ts'
import { nullOrigin } from '../origin/null-origin.ts'
import type { NoOrigin } from '../origin/open-origin.ts'
import type { Endpoint } from '../relay-handler.ts'
import type { Session } from '../session.ts'
import { http2Layer, httpLayer, observerFor } from './http-stack.ts'
import { refuseRequest } from './refuse-request.ts'

const REASON = 'upstream_connect_failed'

export type HttpProtocol = 'http1' | 'http2'

/** The response with the reason, in the form that a request of `protocol` wants. */
export function noAnswer(
  session: Session,
  protocol: HttpProtocol,
  { refusal, detail }: NoOrigin,
  form: ReplyForm,
  method?: string,
): Uint8Array {
  const { host, port } = session.ticket
  return refuseRequest(refusal, form, { nowMs: Date.now(), isHttp2: protocol === 'http2', method, target: `${host}:${port}`, detail })
}

/** Answers whatever the client asks with the reason why there is no origin, and closes. */
export function answerFailure(session: Session, client: Endpoint, protocol: HttpProtocol, failure: NoOrigin): void {
  const responder = new CannedResponder(
    observerFor(session),
    (head) => noAnswer(session, protocol, failure, replyForm(head), head.method),
    REASON,
  )
  const layer = protocol === 'http2' ? http2Layer(session, responder, REASON) : httpLayer(session, responder)
  session.startRelay(protocol, client, nullOrigin(), layer)
}
