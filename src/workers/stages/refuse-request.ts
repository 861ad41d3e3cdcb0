/**
 * Refusals in the form that the request wants: a page, JSON, or the status of a gRPC call. Worker thread.
 */

import type { Refusal } from '../../shared/refusals/refusal.ts'
import { proxyStatus, type RefusalContext, refusalLine, refusalResponse } from '../../shared/refusals/refusal-response.ts'
import { trailersOnly } from '../layers/grpc/trailers-only.ts'
import type { ReplyForm } from '../layers/http/reply-form.ts'

/**
 * What a gRPC client would make of an HTTP status by itself (gRPC, *HTTP to gRPC Status Code Mapping*), so that whatever it does about
 * a status (UNAVAILABLE is tried again) it does here.
 */
const GRPC_STATUSES: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
])
const UNKNOWN = 2

export interface RequestRefusal extends Omit<RefusalContext, 'format'> {
  readonly isHttp2: boolean
}

/** The complete response in HTTP/1.1 form. A body of a rule's own is sent as it is, whatever the form. */
export function refuseRequest(cause: Refusal, form: ReplyForm, refusal: RequestRefusal): Uint8Array {
  const { body, isHttp2, isPersistent, nowMs, status = cause.status } = refusal
  if (typeof form === 'string') return refusalResponse(cause, { ...refusal, format: form })
  if (body !== undefined) return refusalResponse(cause, refusal)
  const fields = { 'Proxy-Status': proxyStatus(cause), ...(isPersistent === true ? {} : { Connection: 'close' }) }
  const answer = { status: GRPC_STATUSES.get(status) ?? UNKNOWN, message: refusalLine(cause, refusal), fields }
  return trailersOnly(answer, form, isHttp2, nowMs)
}
