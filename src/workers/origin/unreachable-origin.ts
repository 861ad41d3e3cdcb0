/**
 * UnreachableOrigin: the origin could not be connected to; the session ends, unless its client can be told inside of TLS. Worker
 * thread.
 */

import type { RefusalCode } from '../../shared/refusals/registry.ts'
import { SessionFailure } from '../session-failure.ts'
import type { DialError } from './dial.ts'

export class UnreachableOrigin extends SessionFailure {
  readonly refusal: RefusalCode

  constructor({ refusal, message }: DialError, reply: Uint8Array) {
    super(refusal === 'session_limit' ? 'limit_exceeded' : 'upstream_connect_failed', message, reply)
    this.refusal = refusal
  }
}
