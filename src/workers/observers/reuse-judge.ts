/**
 * ReuseJudge: watches the heads of a connection for what forbids giving it to another client, for how long its origin keeps it, and
 * for whether what was asked may be asked again. Worker thread.
 *
 * NTLM and Negotiate authenticate the connection, not the request (RFC 4559 §6): whoever comes next would be taken for the
 * first client. Whichever side first names one of them binds the connection, in a field of the origin's or of a proxy's behind
 * it, in any of its lines and any challenge of a list, and whatever the status: the origin's last word of a Negotiate is in a 200.
 */

import type { FieldSection } from '../../shared/http/field-section.ts'
import { PARKED_ORIGIN_MARGIN_MS, PARKED_ORIGIN_MAX_MS, PARKED_ORIGIN_MS } from '../../shared/limits/origins.ts'
import type { Side } from '../../shared/side.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import type { HeadVerdict } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { ForwardingHandler } from './forwarding-handler.ts'

const CREDENTIALS = ['authorization', 'proxy-authorization'] as const
const CHALLENGES = ['www-authenticate', 'proxy-authenticate'] as const
/** Microsoft's servers say so themselves where a connection stays authenticated ([MS-NTHT] §2.2.3). */
const PERSISTENT_AUTH = 'persistent-auth'
/** A scheme begins the value, or a challenge of a list (RFC 9110 §11.6.1). In a quoted realm it errs towards a connection that serves nobody else. */
const CONNECTION_BOUND = /(?:^|,)[ \t]*(?:ntlm|negotiate)(?=[\s,]|$)/i
const KEEP_ALIVE_TIMEOUT = /(?:^|[,\s])timeout=(\d{1,9})(?:$|[,\s])/i
/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
const MS_PER_SECOND = 1_000

export class ReuseJudge extends ForwardingHandler {
  /** The connection has carried connection-bound authentication. */
  isBound = false
  /** How long the connection may be parked, ms; 0: not at all. */
  maxAgeMs = PARKED_ORIGIN_MS
  /** Nothing is answered yet, and all that was asked may be asked twice. */
  mayRepeat = true

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    this.isBound ||= namesBound(head.fields, CREDENTIALS)
    this.mayRepeat &&= isRepeatable(head)
    return super.onRequestHead(exchange, head)
  }

  override onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const { fields } = head
    this.mayRepeat = false
    this.isBound ||= namesBound(fields, CHALLENGES) || fields.find(PERSISTENT_AUTH) !== -1
    const line = fields.find('keep-alive')
    const seconds = line === -1 ? undefined : KEEP_ALIVE_TIMEOUT.exec(fields.value(line))?.[1]
    if (seconds !== undefined) {
      const promised = Number(seconds) * MS_PER_SECOND - PARKED_ORIGIN_MARGIN_MS
      this.maxAgeMs = Math.max(0, Math.min(PARKED_ORIGIN_MAX_MS, promised))
    }
    return super.onResponseHead(exchange, head)
  }

  override onViolation(exchange: number, side: Side, violation: Violation): void {
    this.mayRepeat = false
    super.onViolation(exchange, side, violation)
  }
}

/** RFC 9110 §9.2.2: "A proxy MUST NOT automatically retry non-idempotent requests"; one with a body is not kept. */
function isRepeatable(head: MessageHead): boolean {
  return (head.framing === 'none' || head.contentLength === 0) && IDEMPOTENT.has(head.method)
}

function namesBound(fields: FieldSection, names: readonly string[]): boolean {
  for (const name of names) {
    for (let line = fields.find(name); line !== -1; line = fields.find(name, line + 1)) {
      if (CONNECTION_BOUND.test(fields.value(line))) return true
    }
  }
  return false
}
