/**
 * PendingHead: a header block that has been decoded and judged, and the message it belongs to, from there to the verdict: at
 * once, or after a `wait`. Worker thread.
 */

import type { MessageHead } from '../../http/message-head.ts'
import type { Http2Stream } from '../http2-stream.ts'
import type { HeaderList } from './header-list.ts'

export type HeadKind = 'request' | 'push' | 'request-trailers' | 'informational' | 'response' | 'response-trailers'

export interface PendingHead {
  readonly kind: HeadKind
  readonly stream: Http2Stream
  readonly list: HeaderList
  /** As the handler sees it: cookie crumbs joined. */
  readonly head: MessageHead
}
