/**
 * HandshakeError: one of our handshakes failed, and how: already classified. Worker thread.
 */

import type { TlsFailure } from '../tls/failure/failure-evidence.ts'

export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly failure: TlsFailure

  constructor(failure: TlsFailure) {
    super(`${failure.reason}: ${failure.subReason}`)
    this.failure = failure
  }
}
