/**
 * RequestReader: what the client sends (RFC 9112 §3, §9.3). Opens the exchanges, asks the handler about each request, and
 * refuses what breaks a rule, in its turn among the pipelined responses. Worker thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { FieldSection } from '../../../shared/http/field-section.ts'
import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import { HTTP1_VIOLATIONS } from '../../../shared/violations/http1.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { BodyEdit } from '../http/body-mutator.ts'
import type { HeadVerdict } from '../http/http-handler.ts'
import type { MessageHead } from '../http/message-head.ts'
import { replyForm } from '../http/reply-form.ts'
import { type Outcome, PASS } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { frameRequest } from './body/body-framing.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange-queue.ts'
import { equalsExactly } from './head/ascii-compare.ts'
import { REQUEST } from './head/head-parser.ts'
import { CR, LF } from './head/octet-class.ts'
import { DROPPING, MessageReader, PASSING, SWITCHED } from './message-reader.ts'
import { announcesClose, refusalOf } from './refusal.ts'

const NO_OCTETS = new Uint8Array(0)

export class RequestReader extends MessageReader {
  /** The client has announced its last request (RFC 9112 §9.6). */
  #closing = false
  #isConnect = false
  /** An answer of ours has announced the close: what the client has sent behind that request is not looked at. */
  #answeredLast = false

  constructor(conversation: Conversation) {
    super(CLIENT, REQUEST, conversation)
  }

  /** What made this direction hold octets, other than a verdict, is over. */
  get mayGoOn(): boolean {
    return this.held !== undefined && !this.waiting && !this.isPacing && !this.#mustHold()
  }

  /**
   * The pipeline is full; or the last request may switch protocols, and whether what follows it is HTTP will be known by its
   * answer only (RFC 9110 §7.8); or our answer to it waits, and the origin's to the next would come first. Clients that offer an upgrade with every request pay nothing: they do not pipeline.
   */
  #mustHold(): boolean {
    const { exchanges, switched, originFinished } = this.conversation
    if (switched || originFinished || this.exchange !== undefined) return false
    const { back } = exchanges
    return exchanges.isFull || back?.maySwitch === true || (back?.reply !== undefined && back.replyAt > 0)
  }

  /** Adds our answer for the client, beside the octets that go to the origin. */
  reply(octets: Uint8Array): void {
    this.edit.touch()
    this.plan.write(CLIENT, octets)
  }

  /** Gives the answers whose time has come. */
  settle(plan: Plan): void {
    this.edit.beginApart(plan)
    this.conversation.settle(this)
    this.edit.finish()
  }

  /** The client's FIN. What it had begun ends here; answers may still come. */
  finish(plan: Plan): Outcome {
    const { conversation } = this
    conversation.clientFinished = true
    this.edit.begin(NO_OCTETS, plan)
    if (this.hasPartialHead) {
      conversation.handler.onExchangeEnd(conversation.exchanges.takeNumber(), 'client_closed_early')
    } else if (this.exchange !== undefined && this.state !== PASSING) {
      this.#endBodyEarly(this.exchange)
    }
    if (this.state !== PASSING) this.state = DROPPING
    if (conversation.originFinished) conversation.endAll('upstream_closed_early')
    const outcome = this.edit.finish()
    // A plan without the end would swallow the half-close.
    if (outcome !== PASS) plan.end(ORIGIN)
    return outcome
  }

  protected mayBegin(bytes: Uint8Array, at: number): number {
    const { conversation } = this
    if (conversation.switched) this.state = SWITCHED
    else if (conversation.originFinished || this.#answeredLast) this.state = DROPPING
    else if (this.#mustHold()) {
      // Before the rule of closing: what follows a CONNECT or an Upgrade that closes may be no HTTP at all.
      this.edit.drop(at, bytes.length)
      this.hold(NO_OCTETS, 0, bytes, at)
      return bytes.length
    } else if (this.#closing) return this.#skipAfterClose(bytes, at)
    return at
  }

  protected judge(): Violation | undefined {
    const { head, facts } = this.parser
    this.#isConnect = equalsExactly(head.fields.bytes, head.methodStart, head.methodEnd, 'CONNECT')
    return frameRequest(head, facts, this.#isConnect)
  }

  protected ask(): HeadVerdict {
    const { head } = this.parser
    // After a `wait` the exchange is there already: the handler is asked anew, under the same number.
    this.exchange ??= this.conversation.exchanges.push()
    this.exchange.isConnect = this.#isConnect
    this.exchange.isHttp11 = head.version === 11
    this.exchange.isHead = equalsExactly(head.fields.bytes, head.methodStart, head.methodEnd, 'HEAD')
    const { isAnswered, handler, lostAnswer, originLost } = this.conversation
    if (!isAnswered) this.exchange.form = replyForm(head)
    const verdict = handler.onRequestHead(this.exchange.number, head)
    const isForwarded = verdict === undefined || verdict.kind === 'replace' || verdict.kind === 'goaway'
    if (!originLost || lostAnswer === undefined || !isForwarded) return verdict
    return { kind: 'respond', response: lostAnswer(this.exchange.form), reason: 'upstream_closed_early' }
  }

  protected headForwarded(): boolean {
    const exchange = this.exchange as Exchange
    const { head, facts } = this.parser
    exchange.forwarded = true
    // RFC 9110 §7.8: "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request".
    exchange.maySwitch = exchange.isConnect || (facts.upgradeLine !== -1 && head.version === 11)
    this.#closing = this.#isLast()
    return true
  }

  protected editFor(head: MessageHead): BodyEdit | undefined {
    const { handler } = this.conversation
    // HTTP/1.0 has no framing for a request whose length is not known.
    if (handler.bodyEditFor === undefined || head.version === 10) return undefined
    return handler.bodyEditFor((this.exchange as Exchange).number, CLIENT, head)
  }

  protected get mayChunk(): boolean {
    return true
  }

  protected headAnswered(response: Uint8Array, reason: CloseReason, delayMs: number): void {
    const exchange = this.exchange as Exchange
    exchange.reply = response
    if (delayMs > 0) exchange.replyAt = this.conversation.now() + delayMs
    exchange.reason = reason
    this.#closing = this.#isLast()
    this.#answeredLast = announcesClose(response)
    // The origin will not close for a request that it never sees: that falls to us (RFC 9112 §9.6).
    exchange.closesAfterReply = this.#closing || this.#answeredLast
    this.conversation.settle(this)
  }

  protected tellBody(bytes: Uint8Array): void {
    const exchange = this.exchange as Exchange
    if (!exchange.ended) this.conversation.handler.onRequestBody(exchange.number, bytes)
  }

  protected tellTrailers(trailers: FieldSection): void {
    const exchange = this.exchange as Exchange
    if (!exchange.ended) this.conversation.handler.onRequestTrailers(exchange.number, trailers)
  }

  protected messageEnded(): void {
    const exchange = this.exchange as Exchange
    this.exchange = undefined
    exchange.requestDone = true
    if (!exchange.ended) this.conversation.handler.onRequestEnd(exchange.number)
    this.conversation.settle(this)
  }

  protected violated(violation: Violation): void {
    const { conversation } = this
    const exchange = this.exchange ?? conversation.exchanges.push()
    this.exchange = undefined
    if (!exchange.ended) conversation.handler.onViolation(exchange.number, CLIENT, violation)
    // A swallowed request has no head at the origin: the rest of it cannot be relayed, strict or not.
    if (conversation.strict || this.swallowing || this.altered !== undefined) this.#refuse(exchange, violation)
    else this.#giveUpReading(exchange)
  }

  #refuse(exchange: Exchange, violation: Violation): void {
    const { conversation } = this
    this.state = DROPPING
    exchange.requestDone = true
    exchange.maySwitch = false
    exchange.closesAfterReply = true
    exchange.reason = 'protocol_violation'
    if (exchange.responseStarted && !exchange.responseDone) {
      conversation.reset(this.plan, 'protocol_violation')
      this.edit.touch()
      return
    }
    if (!exchange.responseDone) exchange.reply ??= refusalOf(violation, violation.status)
    exchange.forwarded = false
    this.edit.touch()
    conversation.settle(this)
  }

  /** The ambiguous request and all behind it pass unread; responses are read up to its turn. */
  #giveUpReading(exchange: Exchange): void {
    this.state = PASSING
    exchange.opaque = true
    this.conversation.end(exchange, 'protocol_violation')
  }

  /** RFC 9112 §9.6: no further request may follow; empty lines that old clients send after a body are not one (§2.2). */
  #skipAfterClose(bytes: Uint8Array, start: number): number {
    let at = start
    while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at++
    this.edit.drop(start, at)
    if (at === bytes.length) return at
    const { handler, exchanges, strict } = this.conversation
    const number = exchanges.takeNumber()
    handler.onViolation(number, CLIENT, HTTP1_VIOLATIONS.http1_data_after_close)
    handler.onExchangeEnd(number, 'protocol_violation')
    this.state = strict ? DROPPING : PASSING
    return at
  }

  #endBodyEarly(exchange: Exchange): void {
    this.exchange = undefined
    this.altered = undefined
    exchange.requestDone = true
    exchange.maySwitch = false
    // A client may give up a body that was answered already (RFC 9112 §9.5): that exchange is complete.
    if (!exchange.responseDone && exchange.reason === undefined) exchange.reason = 'client_closed_early'
    this.conversation.settle(this)
  }

  /** The last request read ends the connection. */
  get closes(): boolean {
    return this.#closing
  }

  /** RFC 9112 §9.3: whether the connection persists after this request. */
  #isLast(): boolean {
    const { head, facts } = this.parser
    return facts.close || (head.version === 10 && !facts.keepAlive)
  }
}
