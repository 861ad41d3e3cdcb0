/**
 * ResponseReader: what the origin sends (RFC 9112 §4, §9.2). Pairs each response with the oldest request that waits for one,
 * asks the handler about it, and gives our own replies their turn. Worker thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { FieldSection } from '../../../shared/http/field-section.ts'
import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import { HTTP1_VIOLATIONS } from '../../../shared/violations/http1.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { BodyEdit } from '../http/body-mutator.ts'
import type { HeadVerdict } from '../http/http-handler.ts'
import type { MessageHead } from '../http/message-head.ts'
import { type Outcome, PASS, PLANNED } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { frameResponse } from './body/body-framing.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange-queue.ts'
import { RESPONSE } from './head/head-parser.ts'
import { BODY_UNTIL_CLOSE, DROPPING, MessageReader, PASSING, SWITCHED } from './message-reader.ts'
import { refusalOf, withoutBody } from './refusal.ts'

const SWITCHING_PROTOCOLS = 101
const BAD_GATEWAY = 502

export class ResponseReader extends MessageReader {
  /** The origin has announced its last response (RFC 9112 §9.6). */
  #closing = false

  constructor(conversation: Conversation) {
    super(ORIGIN, RESPONSE, conversation)
  }

  reply(octets: Uint8Array): void {
    this.edit.insert(this.position, octets)
  }

  /** The origin's FIN: it ends a close-delimited response, and cuts every other that is owed (RFC 9112 §8). */
  finish(plan: Plan): Outcome {
    if (this.answerLost(plan, 'upstream_closed_early') === PLANNED) return PLANNED
    const isAltered = this.state === BODY_UNTIL_CLOSE && this.altered !== undefined
    if (isAltered && !this.endUntilClose(plan)) return PLANNED
    this.altered = undefined
    this.#finished()
    if (!isAltered) return PASS
    plan.end(CLIENT)
    return PLANNED
  }

  /** Gives the answer that stands for the origin's to the request that waits, or keeps it for the first that will. */
  answerLost(plan: Plan, reason: CloseReason): Outcome {
    const { conversation } = this
    const { exchanges, lostAnswer } = conversation
    const { front } = exchanges
    if (lostAnswer === undefined || conversation.isAnswered || conversation.closed || conversation.clientFinished || !this.isIdle)
      return PASS
    if (front === undefined) {
      conversation.originLost = true
      return PLANNED
    }
    if (!front.forwarded || front.responseStarted || front.reply !== undefined) return PASS
    this.edit.beginApart(plan)
    this.position = 0
    this.#answer(front, lostAnswer(front.form))
    conversation.close(plan, reason)
    return this.edit.finish()
  }

  /** Our own answer in the place of the origin's, of which nothing was forwarded. */
  #answer(exchange: Exchange, response: Uint8Array): void {
    if (!exchange.ended) this.conversation.handler.onReply?.(exchange.number, response)
    this.reply(exchange.isHead ? withoutBody(response) : response)
    exchange.responseStarted = exchange.responseDone = true
  }

  #finished(): void {
    const { exchanges, handler } = this.conversation
    this.conversation.originFinished = true
    const current = this.exchange
    this.exchange = undefined
    if (this.state === BODY_UNTIL_CLOSE && current !== undefined) {
      if (!current.ended) handler.onResponseEnd(current.number)
      current.responseDone = true
    }
    if (this.state !== PASSING) this.state = DROPPING
    // Complete early answers whose request is still under way: the end of that request is theirs too.
    const front = exchanges.front
    if (front?.responseDone === true && !front.requestDone) return
    if (front?.responseDone === true) this.conversation.end(front, 'completed')
    this.conversation.endAll(this.conversation.clientFinished ? 'client_closed_early' : 'upstream_closed_early')
  }

  protected mayBegin(_bytes: Uint8Array, at: number): number {
    const { exchanges, switched } = this.conversation
    const { front } = exchanges
    if (switched) this.state = SWITCHED
    else if (front?.opaque === true) this.state = PASSING
    else if (front === undefined || !front.forwarded || front.responseDone || this.#closing) {
      // RFC 9112 §9.2: such data "cannot be a valid response"; a 408 on an idle connection is one, and ends the session too.
      this.exchange = undefined
      this.position = at
      this.violated(HTTP1_VIOLATIONS.http1_unexpected_response)
    } else {
      this.exchange = front
    }
    return at
  }

  protected judge(): Violation | undefined {
    const exchange = this.exchange as Exchange
    const { head, facts } = this.parser
    if (head.status === SWITCHING_PROTOCOLS && (!exchange.maySwitch || exchange.isConnect)) return HTTP1_VIOLATIONS.http1_unasked_upgrade
    return frameResponse(head, facts, exchange.isHead, exchange.isConnect)
  }

  protected ask(): HeadVerdict {
    const { handler } = this.conversation
    const { number, ended } = this.exchange as Exchange
    if (ended) return undefined
    if (!this.#isInformational()) return handler.onResponseHead(number, this.parser.head)
    handler.onInformational(number, this.parser.head)
    return undefined
  }

  protected headForwarded(): boolean {
    if (this.#isInformational()) return false
    const exchange = this.exchange as Exchange
    exchange.responseStarted = true
    this.conversation.isAnswered = true
    this.#closing = this.#isLast()
    if (this.#switches()) this.#switch(exchange)
    exchange.maySwitch = false
    return !this.conversation.switched
  }

  protected editFor(head: MessageHead): BodyEdit | undefined {
    const { handler } = this.conversation
    const { number, ended } = this.exchange as Exchange
    if (handler.bodyEditFor === undefined || this.#isInformational() || ended) return undefined
    return handler.bodyEditFor(number, ORIGIN, head)
  }

  protected get mayChunk(): boolean {
    return this.parser.head.version === 11 && this.exchange?.isHttp11 === true
  }

  protected headAnswered(response: Uint8Array, reason: CloseReason, delayMs: number): void {
    const exchange = this.exchange as Exchange
    exchange.responseStarted = true
    exchange.maySwitch = false
    exchange.reason = reason
    this.#closing = this.#isLast()
    if (!exchange.ended) this.conversation.handler.onReply?.(exchange.number, response)
    const octets = exchange.isHead ? withoutBody(response) : response
    if (delayMs > 0 && !this.#switches()) this.sendLater(octets, delayMs)
    else this.reply(octets)
    // The origin has left HTTP/1.1, the client has not: they cannot go on together.
    if (this.#switches()) this.conversation.close(this.plan, reason)
  }

  protected tellBody(bytes: Uint8Array): void {
    const exchange = this.exchange as Exchange
    if (!exchange.ended && !this.swallowing) this.conversation.handler.onResponseBody(exchange.number, bytes)
  }

  protected tellTrailers(trailers: FieldSection): void {
    const exchange = this.exchange as Exchange
    if (!exchange.ended && !this.swallowing) this.conversation.handler.onResponseTrailers(exchange.number, trailers)
  }

  protected messageEnded(): void {
    const exchange = this.exchange as Exchange
    this.exchange = undefined
    exchange.responseDone = true
    if (!exchange.ended) this.conversation.handler.onResponseEnd(exchange.number)
    this.conversation.settle(this)
  }

  protected violated(violation: Violation): void {
    const { conversation } = this
    const { exchange } = this
    const number = exchange?.number ?? conversation.exchanges.takeNumber()
    if (exchange?.ended !== true) conversation.handler.onViolation(number, ORIGIN, violation)
    if (exchange === undefined) conversation.handler.onExchangeEnd(number, 'protocol_violation')
    this.exchange = undefined
    if (conversation.strict || this.swallowing || this.altered !== undefined || !this.#mayPassUnread()) this.#cut(exchange, violation)
    else this.#giveUpReading()
  }

  /** A 502 in the place of a head of which nothing was forwarded; else the client sees the connection cut. */
  #cut(exchange: Exchange | undefined, violation: Violation): void {
    const { conversation } = this
    this.state = DROPPING
    this.edit.touch()
    if (exchange !== undefined) exchange.reason = 'protocol_violation'
    if (exchange !== undefined && !exchange.responseStarted) this.#answer(exchange, refusalOf(violation, BAD_GATEWAY))
    const isPartial = exchange?.responseStarted === true && !exchange.responseDone && !this.swallowing
    if (isPartial) conversation.reset(this.plan, 'protocol_violation')
    else conversation.close(this.plan, 'protocol_violation')
  }

  #giveUpReading(): void {
    this.state = PASSING
    this.conversation.unreadable = true
    this.conversation.endAll('protocol_violation')
  }

  /** All may pass unread only while no answer of ours has a turn to wait for. */
  #mayPassUnread(): boolean {
    const { exchanges } = this.conversation
    for (let index = 0; index < exchanges.length; index++) {
      if (!exchanges.at(index).forwarded) return false
    }
    return true
  }

  /** Both sides leave HTTP/1.1 behind this head (RFC 9110 §7.8, §9.3.6). */
  #switch(exchange: Exchange): void {
    const { conversation } = this
    const { head, facts } = this.parser
    const protocol = head.status === SWITCHING_PROTOCOLS ? head.fields.value(facts.upgradeLine).toLowerCase() : ''
    this.exchange = undefined
    this.state = SWITCHED
    conversation.switched = true
    exchange.responseDone = true
    conversation.handler.onResponseEnd(exchange.number)
    conversation.handler.onUpgrade(exchange.number, protocol)
    conversation.editSwitched(exchange.number)
    conversation.settle(this)
  }

  #isInformational(): boolean {
    const { status } = this.parser.head
    return status < 200 && status !== SWITCHING_PROTOCOLS
  }

  #switches(): boolean {
    const { status } = this.parser.head
    return status === SWITCHING_PROTOCOLS || (status < 300 && this.exchange?.isConnect === true)
  }

  /** The last response read ends the connection. */
  get closes(): boolean {
    return this.#closing
  }

  /** RFC 9112 §9.3: whether the connection persists after this response. */
  #isLast(): boolean {
    const { head, facts } = this.parser
    return !this.conversation.switchesOrigins && (facts.close || (head.version === 10 && !facts.keepAlive))
  }
}
