/**
 * MessageHead: a request or response head, from either HTTP version, as views.
 *
 * Reused by the layer that fills it; valid during the handler call only. What an observer wants to keep it copies, or takes
 * as a string. Worker thread.
 */

import { FieldSection, latin1 } from '../../../shared/http/field-section.ts'
import { methodName } from './method-name.ts'

/** How the end of the body is found (RFC 9112 §6.3; HTTP/2: END_STREAM, reported as `stream`). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close' | 'stream'

export class MessageHead {
  readonly fields: FieldSection = new FieldSection()
  /** Request: method and request target (HTTP/2: `:method`, `:path`) as ranges of `fields.bytes`. */
  methodStart = 0
  methodEnd = 0
  targetStart = 0
  targetEnd = 0
  /** Request authority as a range of `fields.bytes`: HTTP/2 `:authority`, HTTP/1.1 `Host`; empty where there is none. */
  authorityStart = 0
  authorityEnd = 0
  /** Request of HTTP/2: `:protocol` of an extended CONNECT (RFC 8441 §4), lower case; else empty. */
  protocol = ''
  /** Response: the status code, 100–999; 0 on requests. */
  status = 0
  /** 10, 11 or 20. */
  version = 11
  framing: BodyFraming = 'none'
  /** Octets of the body where `framing` is `length`; else −1. */
  contentLength = -1

  get method(): string {
    return methodName(this.fields.bytes, this.methodStart, this.methodEnd)
  }

  /** The request target as it was sent: origin-form, absolute-form, authority-form or `*`. */
  get target(): string {
    return latin1(this.fields.bytes, this.targetStart, this.targetEnd)
  }

  get authority(): string {
    return latin1(this.fields.bytes, this.authorityStart, this.authorityEnd)
  }
}
