/**
 * The form in which a request wants an answer of ours: by its Accept field, and for gRPC as the status of a call. Worker thread.
 *
 * A gRPC client makes a status of its own of an HTTP one (502 and 504: UNAVAILABLE), and words of its own: it reads no body that is not
 * gRPC's. So that it learns the reason, it is answered in its own terms. Connect's clients read HTTP statuses, and bodies.
 */

import { negotiateFormat, type RefusalFormat } from '../../../shared/http/accept-negotiation.ts'
import { type GrpcProtocol, grpcProtocol } from '../grpc/grpc-protocol.ts'
import { takesTrailersOnly } from '../grpc/trailers-only.ts'
import type { MessageHead } from './message-head.ts'

export type ReplyForm = RefusalFormat | GrpcProtocol

const HTTP2_VERSION = 20

export function replyForm({ fields, version }: MessageHead): ReplyForm {
  const protocol = grpcProtocol(fields)
  return protocol !== undefined && takesTrailersOnly(protocol, version === HTTP2_VERSION) ? protocol : negotiateFormat(fields)
}
