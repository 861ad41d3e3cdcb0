/**
 * The complete HTTP/1.1 response with which the proxy refuses a request: for a violation or a refusal, as text or JSON.
 *
 * It always ends the connection: after a violation nobody knows where the next request begins, and a refused CONNECT may be
 * followed by a ClientHello that must not be read as a request. Pure: the clock comes in. Used by the acceptor and the workers.
 *
 *     HTTP/1.1 403 Forbidden
 *     Connection: close                  Content-Type, Content-Length, Cache-Control: no-store
 *     Proxy-Status: soth-mitm; error=http_request_denied; details="policy_blocked"      (RFC 9209)
 *
 *     A rule of this proxy blocks the target.
 *     …
 */

import { STATUS_CODES } from 'node:http'
import { invariant } from '../assert.ts'
import type { RefusalFormat } from '../http/accept-negotiation.ts'
import { REFUSAL_DETAIL_MAX_CHARS } from '../limits/connect.ts'
import type { Violation } from '../violations/violation.ts'
import type { Refusal } from './refusal.ts'

export interface RefusalContext {
  /** Milliseconds since the epoch, for the Date field (RFC 9110 §6.6.1). */
  readonly nowMs: number
  /** As negotiated (`negotiateFormat`); text where there was no readable head. */
  readonly format?: RefusalFormat | undefined
  /** The method of the request: HEAD gets no content (RFC 9110 §9.3.2). */
  readonly method?: string | undefined
  /** `host:port` the client wanted; shown in the body. */
  readonly target?: string | undefined
  /** More words on the cause: a system error, a rule's own text; shown in the body, cut at a limit. */
  readonly detail?: string | undefined
  /** The connection goes on after the response: one request of several was refused. Default: it closes. */
  readonly isPersistent?: boolean | undefined
  /** Realm of the 407 challenge. */
  readonly realm?: string | undefined
  /** Status instead of the registry's: a rule may choose its own. */
  readonly status?: number | undefined
  /** Body instead of the registry's words, as plain text where `contentType` says nothing else: a rule may bring its own. */
  readonly body?: string | undefined
  /** Media type of `body`. */
  readonly contentType?: string | undefined
}

const PROXY_NAME = 'soth-mitm'
/** What the proxy page allows (RFC 9110 §15.5.6 wants it named). */
const PAGE_METHODS = 'GET, HEAD'
const TEXT_TYPE = 'text/plain; charset=utf-8'
const NOT_QUOTABLE = /[^\x20-\x7e]/g
const CONTROLS = /\p{Cc}+/gu

/** The response as octets. `cause` must be one that can be answered (status other than 0). */
export function refusalResponse(cause: Violation | Refusal, context: RefusalContext): Uint8Array {
  const status = context.status ?? cause.status
  invariant(status >= 400 && status <= 599, `refusal ${cause.code} has the status of a refusal`)
  const json = context.body === undefined && context.format === 'json'
  const body = Buffer.from(context.body ?? (json ? jsonBody(cause, status, context) : textBody(cause, status, context)), 'utf8')
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    `Date: ${new Date(context.nowMs).toUTCString()}`,
    ...(context.isPersistent === true ? [] : ['Connection: close']),
    `Content-Type: ${json ? 'application/json' : (context.contentType ?? TEXT_TYPE)}`,
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    // The body may quote the request: no reader may take it for something else than what it is called.
    'X-Content-Type-Options: nosniff',
    `Proxy-Status: ${proxyStatus(cause)}`,
  ]
  if (status === 407) lines.push(`Proxy-Authenticate: ${basicChallenge(context.realm ?? PROXY_NAME)}`)
  if (status === 405) lines.push(`Allow: ${PAGE_METHODS}`)
  if ('retryAfterSeconds' in cause && cause.retryAfterSeconds > 0) lines.push(`Retry-After: ${cause.retryAfterSeconds}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return context.method === 'HEAD' ? head : Buffer.concat([head, body])
}

/** The value of Proxy-Status (RFC 9209 §2). */
export function proxyStatus(cause: Violation | Refusal): string {
  return `${PROXY_NAME}; error=${proxyErrorOf(cause)}; details="${cause.code}"`
}

/** The whole refusal in one line, for protocols that have room for no more. */
export function refusalLine(cause: Violation | Refusal, { target, detail }: Pick<RefusalContext, 'target' | 'detail'>): string {
  const facts = [`code: ${cause.code}`]
  if (target !== undefined) facts.push(`target: ${readable(target)}`)
  if (detail !== undefined) facts.push(`detail: ${readable(detail)}`)
  return `${PROXY_NAME}: ${[cause.message, cause.remedy].join(' ').trim()} (${facts.join('; ')})`
}

/** The challenge of Basic authentication (RFC 7617 §2, §2.1): user names and passwords are UTF-8. */
function basicChallenge(realm: string): string {
  return `Basic realm="${quotable(realm)}", charset="UTF-8"`
}

function proxyErrorOf(cause: Violation | Refusal): string {
  return 'proxyError' in cause ? cause.proxyError : 'http_request_error'
}

function textBody(cause: Violation | Refusal, status: number, context: RefusalContext): string {
  const lines = [`${PROXY_NAME}: ${cause.message}`, '']
  if (cause.remedy !== undefined) lines.push(cause.remedy, '')
  if (context.target !== undefined) lines.push(`target: ${readable(context.target)}`)
  if (context.detail !== undefined) lines.push(`detail: ${readable(context.detail)}`)
  lines.push(`status: ${status}`, `code: ${cause.code}`)
  if ('rule' in cause) lines.push(`rule: ${cause.rule}`)
  return `${lines.join('\n')}\n`
}

function jsonBody(cause: Violation | Refusal, status: number, context: RefusalContext): string {
  const body = {
    code: cause.code,
    status,
    message: cause.message,
    remedy: cause.remedy,
    rule: 'rule' in cause ? cause.rule : undefined,
    target: context.target === undefined ? undefined : readable(context.target),
    detail: context.detail === undefined ? undefined : readable(context.detail),
  }
  return `${JSON.stringify(body)}\n`
}

/** Untrusted text for a body: one line, bounded. */
function readable(text: string): string {
  return text.slice(0, REFUSAL_DETAIL_MAX_CHARS).replace(CONTROLS, ' ')
}

/** Text for a quoted-string (RFC 9110 §5.6.4). */
function quotable(text: string): string {
  return text.replace(NOT_QUOTABLE, '?').replace(/["\\]/g, '\\$&')
}
