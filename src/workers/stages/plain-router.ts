/**
 * PlainRouter: gives each absolute-form request on a client connection its origin, and has it forwarded in origin-form
 * (RFC 9112 §3.2.2, RFC 9110 §7.6.1). Worker thread.
 *
 *     request head ─┬─ not for an origin ────────────▶ respond: refusals, the in-proxy page
 *                   ├─ same origin, connected ───────▶ replace the head
 *                   ├─ other origin, answers owing ──▶ wait until they are through
 *                   └─ not connected ────────────────▶ wait, dial, ask again; respond if it failed
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import { negotiateFormat } from '../../shared/http/accept-negotiation.ts'
import { refusalResponse } from '../../shared/refusals/refusal-response.ts'
import { refusals } from '../../shared/refusals/registry.ts'
import { type AbsoluteTarget, parseAbsoluteForm } from '../../shared/targets/absolute-form.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { HeadParser, REQUEST, RESPONSE, type SectionKind } from '../layers/http1/head/head-parser.ts'
import { plainRequestHead, plainResponseHead } from '../layers/http1/head/plain-head.ts'
import { ForwardingHandler } from '../observers/forwarding-handler.ts'
import { DialError } from '../origin/dial.ts'

/** What the router asks of its session. */
export interface PlainRoutes {
  /** What the engine itself answers to a request for `target`, or `undefined`: its origin is asked. */
  answer(head: MessageHead, target: AbsoluteTarget): Answer | undefined
  isConnectedTo(host: string, port: number): boolean
  /** Connects to another origin; rejects with a `DialError`. */
  connect(host: string, port: number): Promise<void>
  /** Asks again about the request that was answered `wait`. */
  resume(): void
  /** The last exchange of the connection is over. */
  finish(): void
}

/** A complete response of the engine's own, and how the exchange ends by it. */
export interface Answer {
  readonly response: Uint8Array
  readonly reason: CloseReason
}

export class PlainRouter extends ForwardingHandler {
  readonly #routes: PlainRoutes
  readonly #via: boolean
  readonly #open = new Set<number>()
  #dialling = false
  #waiting = false
  /** The request that the client has announced as its last (RFC 9112 §9.6), or −1: its hop ends with that one's answer. */
  #last = -1
  /** The last dial that failed, for the request that waits on it. */
  #failure: { readonly host: string; readonly port: number; readonly error: DialError } | undefined = undefined

  constructor(next: HttpHandler, routes: PlainRoutes, via: boolean) {
    super(next)
    this.#routes = routes
    this.#via = via
  }

  /** Whether an exchange is open: an origin's end then belongs to a message. */
  get isBusy(): boolean {
    return this.#open.size > 0
  }

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const target = parseAbsoluteForm(head.method, head.target)
    if ('code' in target) {
      const response = refusalResponse(target, { nowMs: Date.now(), target: head.target })
      return this.#respond(exchange, head, { response, reason: 'refused' })
    }
    const answer = this.#routes.answer(head, target)
    if (answer !== undefined) return this.#respond(exchange, head, answer)
    if (this.#routes.isConnectedTo(target.host, target.port)) return this.#forward(exchange, head, target)
    const failure = this.#takeFailure(target)
    if (failure !== undefined) return this.#respond(exchange, head, unreachable(head, failure))
    if (this.#open.size > 0) this.#waiting = true
    else if (!this.#dialling) this.#dial(target)
    return { kind: 'wait' }
  }

  #forward(exchange: number, head: MessageHead, target: AbsoluteTarget): HeadVerdict {
    this.#open.add(exchange)
    const close = closesConnection(head)
    if (close) this.#last = exchange
    const verdict = super.onRequestHead(exchange, head)
    if (verdict !== undefined && verdict.kind !== 'replace') return verdict
    const forwarded = verdict === undefined ? head : reparsed(verdict.head, REQUEST)
    return { kind: 'replace', head: plainRequestHead(forwarded, target, { via: this.#via, close }) }
  }

  override onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const verdict = super.onResponseHead(exchange, head)
    if (verdict !== undefined && verdict.kind !== 'replace') return verdict
    const forwarded = verdict === undefined ? head : reparsed(verdict.head, RESPONSE)
    // The origin's `Connection: close` is about its own hop; where its end ends the message, ours ends with it.
    const close = exchange === this.#last || head.framing === 'close'
    return { kind: 'replace', head: plainResponseHead(forwarded, { via: this.#via, close }) }
  }

  override onExchangeEnd(exchange: number, reason: CloseReason, code?: number): void {
    super.onExchangeEnd(exchange, reason, code)
    this.#open.delete(exchange)
    if (this.#open.size > 0) return
    // Not from inside the layer that is telling of the end: it is still executing.
    if (this.#last !== -1) setImmediate(() => this.#routes.finish())
    else if (this.#waiting) setImmediate(() => this.#routes.resume())
    this.#waiting = false
  }

  #respond(exchange: number, head: MessageHead, answer: Answer): HeadVerdict {
    super.onRequestHead(exchange, head)
    return { kind: 'respond', ...answer }
  }

  #dial({ host, port }: AbsoluteTarget): void {
    this.#dialling = true
    this.#routes
      .connect(host, port)
      .catch((cause: unknown) => {
        const error = cause instanceof DialError ? cause : new DialError('origin_unreachable', String(cause))
        this.#failure = { host, port, error }
      })
      .finally(() => {
        this.#dialling = false
        this.#routes.resume()
      })
  }

  /** How the dial to `target` has failed, told once. */
  #takeFailure({ host, port }: AbsoluteTarget): DialError | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure?.host === host && failure.port === port ? failure.error : undefined
  }
}

/** The answer to a request whose origin could not be connected to. */
function unreachable({ fields, method }: MessageHead, { refusal, message }: DialError): Answer {
  const answer = { nowMs: Date.now(), format: negotiateFormat(fields), method, detail: message }
  return { response: refusalResponse(refusals[refusal], answer), reason: 'upstream_connect_failed' }
}

/** A head that was edited, as a head again: it came from our own code, and is well-formed. */
function reparsed(bytes: Uint8Array, kind: SectionKind): MessageHead {
  const parser = new HeadParser(kind, bytes.length, MAX_EDITED_FIELDS)
  parser.reset(0)
  parser.advance(bytes, bytes.length)
  return parser.head
}

/** The most field lines that any limit allows, and the most that a rule can add. */
const MAX_EDITED_FIELDS = 20_000

/** Whether the sender closes after this message (RFC 9112 §9.3, §9.6). */
function closesConnection(head: MessageHead): boolean {
  const { fields } = head
  let keepAlive = false
  for (let line = fields.find('connection'); line !== -1; line = fields.find('connection', line + 1)) {
    const options = fields.value(line).toLowerCase().split(',')
    if (options.some((option) => option.trim() === 'close')) return true
    keepAlive ||= options.some((option) => option.trim() === 'keep-alive')
  }
  return head.version === 10 && !keepAlive
}
