/**
 * PendingHead: a header block that has been decoded and judged, and the message it belongs to, from there to the verdict: at
 * once, or after a `wait`. Worker thread.
 */

import type { Http2Stream } from '../http2-stream.ts'
import type { DecodedHead } from './decoded-head.ts'

export type HeadKind = 'request' | 'push' | 'request-trailers' | 'informational' | 'response' | 'response-trailers'

export interface PendingHead extends DecodedHead {
  readonly kind: HeadKind
  readonly stream: Http2Stream
}
