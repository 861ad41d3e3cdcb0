/**
 * WebSocketObserver: both sides of one WebSocket connection, from the octet after the handshake (RFC 6455). Pure; not a layer:
 * the octets may be those of a connection (`WebSocketLayer`) or of an HTTP/2 stream (RFC 8441). Worker thread.
 *
 * Fails open: a side that broke a rule is no longer observed, the other one is.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { CAPTURED_MESSAGE_BYTES } from '../../../shared/limits/layers/websocket.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { NO_EXTENSIONS, type WebSocketExtensions } from './extensions.ts'
import { FrameParser } from './frame-parser.ts'
import { MessageAssembler } from './message-assembler.ts'
import type { WebSocketHandler } from './websocket-handler.ts'

export interface WebSocketObserverOptions {
  /** What the 101 response agreed to (`parseExtensions`). */
  readonly extensions?: WebSocketExtensions
  /** Octets of each message's payload that handlers want to see; compressed messages are inflated only where it is above 0. */
  readonly captureBytes?: number
}

export class WebSocketObserver {
  readonly #handler: WebSocketHandler
  readonly #assemblers: readonly [MessageAssembler, MessageAssembler]
  readonly #parsers: readonly [FrameParser, FrameParser]
  readonly #opaque: [boolean, boolean] = [false, false]
  readonly #finished: [boolean, boolean] = [false, false]
  #ended = false

  constructor(handler: WebSocketHandler, options: WebSocketObserverOptions = {}) {
    const extensions = options.extensions ?? NO_EXTENSIONS
    const captureBytes = Math.min(options.captureBytes ?? 0, CAPTURED_MESSAGE_BYTES)
    this.#handler = handler
    this.#assemblers = [
      new MessageAssembler(CLIENT, handler, extensions, captureBytes),
      new MessageAssembler(ORIGIN, handler, extensions, captureBytes),
    ]
    this.#parsers = [new FrameParser(this.#assemblers[CLIENT]), new FrameParser(this.#assemblers[ORIGIN])]
  }

  execute(side: Side, bytes: Uint8Array): void {
    if (this.#opaque[side] || this.#ended) return
    const violation = this.#parsers[side].execute(bytes)
    if (violation === undefined) return
    this.#opaque[side] = true
    this.#handler.onViolation(side, violation)
  }

  /** `side` sends no more octets. */
  finish(side: Side): void {
    this.#finished[side] = true
    if (this.#finished[CLIENT] && this.#finished[ORIGIN]) this.abort(this.#endReason())
  }

  /** The connection is over. A close handshake that both sides completed outweighs how the transport ended. */
  abort(reason: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    const completed = this.#assemblers[CLIENT].closed && this.#assemblers[ORIGIN].closed
    this.#handler.onEnd(completed ? 'completed' : reason)
  }

  #endReason(): CloseReason {
    if (this.#cut(CLIENT)) return 'client_closed_early'
    return this.#cut(ORIGIN) ? 'upstream_closed_early' : 'relay_eof'
  }

  /** `side` ended in the middle of a message. */
  #cut(side: Side): boolean {
    return !this.#opaque[side] && !(this.#parsers[side].idle && this.#assemblers[side].idle)
  }
}
