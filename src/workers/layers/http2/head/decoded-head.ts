/**
 * DecodedHead: the head, or the trailers, that a header block was decoded to. Types only. Worker thread.
 */

import type { MessageHead } from '../../http/message-head.ts'
import type { HeaderList } from './header-list.ts'

export interface DecodedHead {
  readonly list: HeaderList
  /** As the handler sees it: cookie crumbs joined. */
  readonly head: MessageHead
}
