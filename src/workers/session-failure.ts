/**
 * SessionFailure: why a session cannot go on, and how it leaves its client. Worker thread.
 */

import type { CloseReason } from '../shared/events/close-reasons.ts'

/** Octets (an HTTP/1.1 response to its CONNECT, or a TLS alert; none: a FIN alone) with an orderly end behind them, or the end at once. */
export type Farewell = Uint8Array | 'close' | 'reset'

/** A FIN, for which nothing that waits to be read is thrown away: a `close` with octets unread is a reset to the system. */
export const FIN_ALONE: Farewell = new Uint8Array(0)

/** Thrown by the stages of a session, never by input that reaches a layer. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure'
  readonly reason: CloseReason
  readonly farewell: Farewell

  constructor(reason: CloseReason, detail: string, farewell: Farewell = 'close') {
    super(detail)
    this.reason = reason
    this.farewell = farewell
  }
}
