/**
 * ReuseJudge: watches the heads of a connection for what forbids giving it to another client, and for how long its origin
 * keeps it. Worker thread.
 *
 * NTLM and Negotiate authenticate the connection, not the request (RFC 4559 §6): whoever comes next would be taken for the
 * first client.
 */

import { PARKED_ORIGIN_MARGIN_MS, PARKED_ORIGIN_MAX_MS, PARKED_ORIGIN_MS } from '../../shared/limits/origins.ts'
import type { HeadVerdict } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { ForwardingHandler } from './forwarding-handler.ts'

const UNAUTHORIZED = 401
const CONNECTION_BOUND = /^(?:ntlm|negotiate)(?:\s|$)/i
const KEEP_ALIVE_TIMEOUT = /(?:^|[,\s])timeout=(\d{1,9})(?:$|[,\s])/i
const MS_PER_SECOND = 1_000

export class ReuseJudge extends ForwardingHandler {
  /** The connection has carried connection-bound authentication. */
  isBound = false
  /** How long the connection may be parked, ms; 0: not at all. */
  maxAgeMs = PARKED_ORIGIN_MS

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const line = head.fields.find('authorization')
    if (line !== -1 && CONNECTION_BOUND.test(head.fields.value(line))) this.isBound = true
    return super.onRequestHead(exchange, head)
  }

  override onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const { fields } = head
    if (head.status === UNAUTHORIZED) {
      for (let line = fields.find('www-authenticate'); line !== -1; line = fields.find('www-authenticate', line + 1)) {
        if (CONNECTION_BOUND.test(fields.value(line))) this.isBound = true
      }
    }
    const line = fields.find('keep-alive')
    const seconds = line === -1 ? undefined : KEEP_ALIVE_TIMEOUT.exec(fields.value(line))?.[1]
    if (seconds !== undefined) {
      const promised = Number(seconds) * MS_PER_SECOND - PARKED_ORIGIN_MARGIN_MS
      this.maxAgeMs = Math.max(0, Math.min(PARKED_ORIGIN_MAX_MS, promised))
    }
    return super.onResponseHead(exchange, head)
  }
}
