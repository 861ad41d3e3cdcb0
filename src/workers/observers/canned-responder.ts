/**
 * CannedResponder: answers every request of a connection with the same response, because there is no origin to ask: its
 * certificate is invalid, its handshake failed. What passes is observed like any other exchange. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { ForwardingHandler } from './forwarding-handler.ts'

export class CannedResponder extends ForwardingHandler {
  readonly #responseFor: (head: MessageHead) => Uint8Array
  readonly #reason: CloseReason

  /** `responseFor` builds a complete response to a request. */
  constructor(next: HttpHandler, responseFor: (head: MessageHead) => Uint8Array, reason: CloseReason) {
    super(next)
    this.#responseFor = responseFor
    this.#reason = reason
  }

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    super.onRequestHead(exchange, head)
    return { kind: 'respond', response: this.#responseFor(head), reason: this.#reason }
  }
}
