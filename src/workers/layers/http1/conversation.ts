/**
 * Conversation: what the two directions of one HTTP/1.1 connection share: the exchanges, who reads the bytes after a switch of
 * protocols, and how it all ends. Worker thread. RFC 9112 §9.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import type { HttpHandler } from '../http/http-handler.ts'
import type { ReplyForm } from '../http/reply-form.ts'
import type { Layer } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { EditedSwitch } from './edited-switch.ts'
import { type Exchange, ExchangeQueue } from './exchange-queue.ts'
import { withoutBody } from './refusal.ts'

/** Where our own answers go: in the middle of the origin's octets, or beside the client's. */
export interface ReplyWriter {
  reply(octets: Uint8Array): void
  readonly plan: Plan
}

export class Conversation {
  readonly handler: HttpHandler
  readonly strict: boolean
  readonly headBytes: number
  readonly headFields: number
  readonly exchanges: ExchangeQueue
  /** Milliseconds of a steady clock, by which delayed answers and altered bodies wait. */
  now: () => number = () => 0
  /** The origin side is a succession of connections: that one of them closes says nothing about the next. */
  switchesOrigins = false
  /** Both sides have left HTTP/1.1 (101, or 2xx to CONNECT). */
  switched = false
  /** Reads what comes after the switch; none: it passes unread. */
  successor: Layer | undefined = undefined
  /** The session is being closed: nothing more is forwarded. */
  closed = false
  /** `strict` is off and the origin's framing was ambiguous: both directions pass unread. */
  unreadable = false
  /** The origin has sent its FIN: no request can be answered any more. */
  originFinished = false
  /** What the client is told where the origin goes before it has answered anything; none: it sees the origin's end. */
  lostAnswer: ((form: ReplyForm) => Uint8Array) | undefined = undefined
  /** The origin has begun a final response: it was there. */
  isAnswered = false
  /** It has gone so: `lostAnswer` is the answer to the first request that would have been forwarded, and the last. */
  originLost = false
  /** The client has sent its FIN: a message that the origin cuts after it is one that the client gave up (SSE: cancelled). */
  clientFinished = false

  constructor(handler: HttpHandler, strict: boolean, headBytes: number, headFields: number, pipelined: number) {
    this.handler = handler
    this.strict = strict
    this.headBytes = headBytes
    this.headFields = headFields
    this.exchanges = new ExchangeQueue(pipelined)
  }

  /** Gives the replies whose turn it is, and ends the exchanges both halves of which are over. */
  settle(writer: ReplyWriter): void {
    const { exchanges } = this
    for (let exchange = exchanges.front; exchange !== undefined; exchange = exchanges.front) {
      if (exchange.reply !== undefined) {
        if (exchange.replyAt > 0 && exchange.replyAt > this.now()) return
        this.#giveReply(exchange, writer)
      }
      if (!exchange.requestDone || !exchange.responseDone) return
      exchanges.shift()
      this.end(exchange, 'completed')
      if (exchange.closesAfterReply) this.close(writer.plan, exchange.reason ?? 'completed')
    }
  }

  /** Puts what the handler wants of the octets behind a switch of protocols in front of what reads them. */
  editSwitched(exchange: number): void {
    const { handler } = this
    const client = handler.switchedEditFor?.(exchange, CLIENT)
    const origin = handler.switchedEditFor?.(exchange, ORIGIN)
    if (client !== undefined || origin !== undefined) this.successor = new EditedSwitch(client, origin, this.successor, this.now)
  }

  /** When the reply whose turn it is may go; Infinity: there is none. */
  get replyAt(): number {
    const { front } = this.exchanges
    return front?.reply === undefined ? Number.POSITIVE_INFINITY : front.replyAt
  }

  /** Tells the end of `exchange`, once; a reason that it already carries outranks `reason`. */
  end(exchange: Exchange, reason: CloseReason): void {
    if (exchange.ended) return
    exchange.ended = true
    this.handler.onExchangeEnd(exchange.number, exchange.reason ?? reason)
  }

  /** Ends all exchanges, oldest first. */
  endAll(reason: CloseReason): void {
    for (let index = 0; index < this.exchanges.length; index++) this.end(this.exchanges.at(index), reason)
    this.exchanges.clear()
  }

  /** Ends the session after what is planned. */
  close(plan: Plan, reason: CloseReason): void {
    this.closed = true
    this.endAll(reason)
    plan.closeSession(reason)
  }

  /** Ends it likewise, by a reset: the client must not take a cut message for a whole one. */
  reset(plan: Plan, reason: CloseReason): void {
    this.closed = true
    this.endAll(reason)
    plan.resetSession(reason)
  }

  #giveReply(exchange: Exchange, writer: ReplyWriter): void {
    const reply = exchange.reply as Uint8Array
    exchange.reply = undefined
    exchange.responseStarted = true
    exchange.responseDone = true
    if (!exchange.ended) this.handler.onReply?.(exchange.number, reply)
    writer.reply(exchange.isHead ? withoutBody(reply) : reply)
  }
}
