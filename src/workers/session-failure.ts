/**
 * SessionFailure: why a session cannot go on, and how it leaves its client. Worker thread.
 */

import type { CloseReason } from '../shared/events/close-reasons.ts'

/** Thrown by the stages of a session, never by input that reaches a layer. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure'
  readonly reason: CloseReason
  /** What the client is sent before the close: an HTTP/1.1 response to its CONNECT, or a TLS alert. */
  readonly reply: Uint8Array | undefined
  /** Without a reply: the client gets an RST. */
  readonly isAbrupt: boolean

  constructor(reason: CloseReason, detail: string, reply?: Uint8Array, isAbrupt = false) {
    super(detail)
    this.reason = reason
    this.reply = reply
    this.isAbrupt = isAbrupt
  }
}
