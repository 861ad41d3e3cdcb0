/**
 * Http1Layer: observes one HTTP/1.1 connection in both directions while the same bytes are relayed, and alters them where its
 * handler says so. It does not terminate HTTP: no field is parsed that framing does not need, no body is kept. Worker thread.
 * RFC 9110, RFC 9112.
 *
 *     client ──▶ RequestReader ──┐                     ┌──▶ origin
 *                                ├── Conversation ─────┤         the exchanges, oldest first; our own replies and
 *     client ◀── ResponseReader ─┘                     └─── origin   their turn; the switch of protocols; the end
 *
 * **Strict** (the default): a message that another reader could frame differently is refused before any of it is forwarded,
 * and the session ends. `strict: false`: it is reported, and passes unread with all that follows.
 *
 * **Facts of a message that is answered by the handler** (verdict `respond`) are still told: the body that the client or the
 * origin sends is reported up to its end, and dropped.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { HEAD_BYTES, HEAD_FIELDS, PIPELINED_EXCHANGES } from '../../../shared/limits/layers/http1.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../shared/side.ts'
import type { HttpHandler } from '../http/http-handler.ts'
import type { ReplyForm } from '../http/reply-form.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { Conversation } from './conversation.ts'
import { PASSING } from './message-reader.ts'
import { RequestReader } from './request-reader.ts'
import { ResponseReader } from './response-reader.ts'

export interface Http1LayerOptions {
  readonly handler: HttpHandler
  /** Refuse ambiguous framing (default), or report it and let everything behind it pass unread. */
  readonly strict?: boolean
  /** Octets of a head or trailer section (`shared/limits/layers/http1.ts`). */
  readonly headBytes?: number
  /** Field lines of a head or trailer section. */
  readonly headFields?: number
  /** Requests ahead of their responses before the client is paused. */
  readonly pipelined?: number
  /** Milliseconds of any steady clock: altered bodies and delayed answers wait by it. */
  readonly now?: () => number
  /** Plain proxying: each request may have another origin connection, so the `Connection: close` of one is not the last word. */
  readonly switchesOrigins?: boolean
}

export class Http1Layer implements Layer {
  readonly #conversation: Conversation
  readonly #requests: RequestReader
  readonly #responses: ResponseReader

  constructor(options: Http1LayerOptions) {
    const { handler, strict = true, headBytes = HEAD_BYTES, headFields = HEAD_FIELDS, pipelined = PIPELINED_EXCHANGES } = options
    this.#conversation = new Conversation(handler, strict, headBytes, headFields, pipelined)
    if (options.now !== undefined) this.#conversation.now = options.now
    this.#conversation.switchesOrigins = options.switchesOrigins ?? false
    this.#requests = new RequestReader(this.#conversation)
    this.#responses = new ResponseReader(this.#conversation)
  }

  /** Both sides have left HTTP/1.1; `successor` reads, or all passes unread. */
  get upgraded(): boolean {
    return this.#conversation.switched
  }

  get successor(): Layer | undefined {
    return this.#conversation.successor
  }

  /**
   * The layer for what follows the switch of protocols. Set within `onUpgrade`, it gets every octet behind the two heads: those
   * in the same read, and those that the client sent early.
   */
  set successor(layer: Layer | undefined) {
    this.#conversation.successor = layer
  }

  /** What the client is told where the origin goes before it has answered anything; none: the client sees the same end. */
  set lostAnswer(answer: ((form: ReplyForm) => Uint8Array) | undefined) {
    this.#conversation.lostAnswer = answer
  }

  answerLost(plan: Plan): Outcome {
    return this.#conversation.switched ? PASS : this.#responses.answerLost(plan, 'upstream_reset')
  }

  /**
   * The connection is between two exchanges, nothing of either side is owed, withheld or unread, and neither has said that it
   * closes: another client's requests may follow on the origin's side (RFC 9112 §9.3).
   */
  get isReusable(): boolean {
    const { closed, switched, unreadable, originFinished, exchanges } = this.#conversation
    if (closed || switched || unreadable || originFinished || exchanges.length > 0) return false
    return this.#requests.isIdle && this.#responses.isIdle && !this.#requests.closes && !this.#responses.closes
  }

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    const reader = side === CLIENT ? this.#requests : this.#responses
    if (reader.held !== undefined) return reader.holdMore(bytes, plan)
    const { successor } = this.#conversation
    if (successor !== undefined && reader.hasSwitched) return successor.execute(side, bytes, plan)
    const outcome = reader.execute(bytes, plan)
    return side === ORIGIN && this.#clientIsDue() ? this.#goOnWithClient(outcome, bytes, plan) : outcome
  }

  finish(side: Side, plan: Plan): Outcome {
    const reader = side === CLIENT ? this.#requests : this.#responses
    // An origin that is not asked may tire of waiting: an answer of ours whose time has not come is not its.
    if (reader.held !== undefined || (side === ORIGIN && this.#owesReply)) {
      reader.finishPending = true
      return PLANNED
    }
    if (this.#conversation.closed) return PASS
    const { successor } = this.#conversation
    if (reader.hasSwitched) return successor === undefined ? PASS : successor.finish(side, plan)
    if (side === CLIENT) return this.#requests.finish(plan)
    const outcome = this.#responses.finish(plan)
    if (this.#responses.held !== undefined || !this.#requests.mayGoOn) return outcome
    plan.end(CLIENT)
    this.#release(this.#requests, plan)
    return PLANNED
  }

  resume(side: Side, plan: Plan): Outcome {
    const reader = side === CLIENT ? this.#requests : this.#responses
    reader.waiting = false
    if (reader.held === undefined) return reader.hasSwitched ? (this.#conversation.successor?.resume(side, plan) ?? PASS) : PASS
    this.#release(reader, plan)
    if (side === ORIGIN && this.#clientIsDue()) this.#goOnWithClient(PLANNED, NO_OCTETS, plan)
    return PLANNED
  }

  /** When altered bodies, a delayed answer, or what has taken over, go on by themselves. */
  get wakeAt(): number {
    const { replyAt, successor } = this.#conversation
    return Math.min(this.#requests.wakeAt, this.#responses.wakeAt, replyAt, successor?.wakeAt ?? Number.POSITIVE_INFINITY)
  }

  wake(plan: Plan): void {
    if (this.#conversation.closed) return
    this.#conversation.successor?.wake?.(plan)
    for (const reader of [this.#requests, this.#responses]) {
      const wasPacing = reader.isPacing
      reader.wake(plan)
      if (wasPacing && !reader.isPacing && !this.#conversation.closed) this.#goOnAfterPace(reader, plan)
    }
    if (this.#owesReply) {
      this.#requests.settle(plan)
      if (!this.#owesReply && this.#responses.held === undefined) this.#release(this.#responses, plan)
    }
    if (this.#clientIsDue()) this.#goOnWithClient(PLANNED, NO_OCTETS, plan)
  }

  abort(reason: CloseReason): void {
    const { successor, closed, switched, clientFinished } = this.#conversation
    if (closed) return
    this.#conversation.closed = true
    this.#conversation.endAll(reason === 'relay_eof' && clientFinished ? 'client_closed_early' : reason)
    if (switched) successor?.abort(reason)
  }

  /** The answer whose turn it is waits for its time. */
  get #owesReply(): boolean {
    return this.#conversation.replyAt !== Number.POSITIVE_INFINITY
  }

  /** Responses have made room, or have settled what the client's held octets are. */
  #clientIsDue(): boolean {
    const { unreadable } = this.#conversation
    return this.#requests.mayGoOn || (unreadable && this.#requests.state !== PASSING)
  }

  #goOnWithClient(outcome: Outcome, bytes: Uint8Array, plan: Plan): Outcome {
    if (outcome === PASS) plan.forward(ORIGIN, bytes)
    const wasHeld = this.#requests.held !== undefined
    if (this.#conversation.unreadable) this.#requests.passUnread(plan)
    else this.#release(this.#requests, plan)
    if (wasHeld && this.#requests.held === undefined && !plan.pauses[CLIENT]) plan.unpause(CLIENT)
    return PLANNED
  }

  /** All of an altered message has gone: what was held behind it is read. */
  #goOnAfterPace(reader: RequestReader | ResponseReader, plan: Plan): void {
    if (reader.held === undefined) return
    this.#release(reader, plan)
    if (reader.held === undefined) plan.unpause(reader.side)
  }

  /** Takes in what `reader` held, and the FIN that came behind it. */
  #release(reader: RequestReader | ResponseReader, plan: Plan): void {
    reader.release(plan)
    if (reader.held !== undefined || !reader.finishPending) return
    reader.finishPending = false
    if (this.finish(reader.side, plan) === PASS) plan.end(otherSide(reader.side))
  }
}

const NO_OCTETS = new Uint8Array(0)
