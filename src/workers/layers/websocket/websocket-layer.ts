/**
 * WebSocketLayer: a connection that has switched to WebSocket, as a relay layer. Always passes: the relayed octets, masks and
 * compression included, are never touched. Pure. Worker thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { Side } from '../../../shared/side.ts'
import { type Layer, type Outcome, PASS } from '../layer.ts'
import type { WebSocketHandler } from './websocket-handler.ts'
import { WebSocketObserver, type WebSocketObserverOptions } from './websocket-observer.ts'

export class WebSocketLayer implements Layer {
  readonly #observer: WebSocketObserver

  constructor(handler: WebSocketHandler, options: WebSocketObserverOptions = {}) {
    this.#observer = new WebSocketObserver(handler, options)
  }

  execute(side: Side, bytes: Uint8Array): Outcome {
    this.#observer.execute(side, bytes)
    return PASS
  }

  finish(side: Side): Outcome {
    this.#observer.finish(side)
    return PASS
  }

  /** Never paused. */
  resume(): Outcome {
    return PASS
  }

  abort(reason: CloseReason): void {
    this.#observer.abort(reason)
  }
}
