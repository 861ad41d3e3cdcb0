/**
 * MessageReader: one direction of an HTTP/1.1 connection, as a sequence of messages (RFC 9112 §2.1). The mechanics are here:
 * where a head, a body and a trailer section end in octets that come in any split, and what of them is forwarded. What a
 * message *means* is for RequestReader and ResponseReader. Worker thread.
 *
 *     AWAIT_HEAD ─▶ BODY_LENGTH ──────────▶ AWAIT_HEAD …
 *         │  ├────▶ BODY_CHUNKED ─▶ TRAILERS ─▶ AWAIT_HEAD …
 *         │  └────▶ BODY_UNTIL_CLOSE                     ╮
 *         └───────▶ PASSING | DROPPING | SWITCHED        ╯ for the rest of the connection
 *
 * A head or trailer section that is whole in one read is judged where it lies; one that is split is withheld until it is
 * whole. Body octets never wait.
 */

import { invariant } from '../../../shared/assert.ts'
import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { Side } from '../../../shared/side.ts'
import { HTTP1_VIOLATIONS } from '../../../shared/violations/http1.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { BodyEdit } from '../http/body-mutator.ts'
import type { HeadVerdict } from '../http/http-handler.ts'
import type { MessageHead } from '../http/message-head.ts'
import { type Outcome, PASS } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { CHUNKED_DATA, CHUNKED_LAST, CHUNKED_VIOLATION, ChunkedScanner } from './body/chunked-scanner.ts'
import { WithheldOctets } from './body/withheld-octets.ts'
import type { Conversation } from './conversation.ts'
import { borrowHeadParser, HEAD_COMPLETE, HEAD_NEED_MORE, type HeadParser, type SectionKind, TRAILERS } from './head/head-parser.ts'
import { EMPTY_LINE } from './head/trailer-fields.ts'
import { MessageOutput } from './message-output.ts'

const AWAIT_HEAD = 0
const BODY_LENGTH = 1
const BODY_CHUNKED = 2
const IN_TRAILERS = 3
export const BODY_UNTIL_CLOSE = 4
/** Octets pass unread: the framing was ambiguous and `strict` is off. */
export const PASSING = 5
/** Octets go nowhere. */
export const DROPPING = 6
/** The connection has left HTTP/1.1. */
export const SWITCHED = 7

/** Results of `#sectionEnd` that are no position. */
const SHORT = -1
const BAD = -2

const NO_OCTETS = new Uint8Array(0)

export abstract class MessageReader extends MessageOutput {
  state = AWAIT_HEAD
  /** The pause ends with the handler's verdict, and only with it. */
  waiting = false
  readonly #kind: SectionKind
  /** While a head or a trailer section is read and judged. */
  #parser: HeadParser | undefined = undefined
  #withheld: WithheldOctets | undefined = undefined
  #chunked: ChunkedScanner | undefined = undefined
  /** Octets left of a body whose length is known. */
  #left = 0

  constructor(side: Side, kind: SectionKind, conversation: Conversation) {
    super(side, conversation)
    this.#kind = kind
  }

  /** What the section that is being read, or judged, has told so far. */
  protected get parser(): HeadParser {
    invariant(this.#parser !== undefined, 'a section is in hand')
    return this.#parser
  }

  #parserFor(kind: SectionKind): HeadParser {
    this.#parser ??= borrowHeadParser(kind, this.conversation.headBytes, this.conversation.headFields)
    return this.#parser
  }

  #releaseParser(): void {
    this.#parser?.release()
    this.#parser = undefined
  }

  /**
   * A message is about to begin at `at`. Returns `at` with the state unchanged to let it; else where to go on, after having
   * changed the state or held the octets.
   */
  protected abstract mayBegin(bytes: Uint8Array, at: number): number
  /** Judges the complete head in `parser`. */
  protected abstract judge(): Violation | undefined
  /** Asks the handler about it. */
  protected abstract ask(): HeadVerdict
  /** It goes on to the other side. False: no body and no end of a message follow. */
  protected abstract headForwarded(): boolean
  /** `response` stands for the message. */
  protected abstract headAnswered(response: Uint8Array, reason: CloseReason, delayMs: number): void
  /** What the body behind `head` goes through; `mayChunk` where chunks can be understood. */
  protected abstract editFor(head: MessageHead): BodyEdit | undefined
  protected abstract messageEnded(): void
  /** The octet or section at `position` breaks a rule: leaves the state at PASSING or DROPPING. */
  protected abstract violated(violation: Violation): void

  /** What comes from this side now is for the successor. */
  get hasSwitched(): boolean {
    return this.conversation.switched && (this.state === SWITCHED || this.state === AWAIT_HEAD) && this.held === undefined
  }

  /** Takes in a read of the relay's. */
  execute(bytes: Uint8Array, plan: Plan): Outcome {
    this.edit.begin(bytes, plan)
    return this.#run(bytes)
  }

  /** Takes in what was held. */
  release(plan: Plan): void {
    const held = this.held ?? NO_OCTETS
    this.held = undefined
    this.edit.beginApart(plan, held)
    this.#run(held)
  }

  #run(bytes: Uint8Array): Outcome {
    const end = bytes.length
    let at = 0
    while (at < end) {
      if (this.conversation.closed) {
        this.edit.drop(at, end)
        break
      }
      if (this.isPacing) break
      at = this.#step(bytes, at, end)
    }
    if (this.isPacing && !this.conversation.closed) {
      this.edit.drop(at, end)
      this.hold(NO_OCTETS, 0, bytes, at)
    }
    return this.edit.finish()
  }

  /** Sends what of the altered message in hand is due. */
  wake(plan: Plan): void {
    const { altered } = this
    if (altered === undefined) return
    this.edit.beginApart(plan)
    this.position = 0
    altered.drain(this.conversation.now())
    if (this.endPending && !this.isPacing) this.#endMessage(0)
    this.edit.finish()
  }

  /** Between two messages, with nothing read of the next. */
  get isIdle(): boolean {
    return this.state === AWAIT_HEAD && this.held === undefined && this.#withheld === undefined
  }

  /** Lets everything pass unread from here on, what was withheld first. */
  passUnread(plan: Plan): void {
    this.state = PASSING
    const withheld = this.#takeWithheld()
    if (withheld !== undefined) plan.forward(this.side, withheld)
    if (this.held !== undefined) plan.forward(this.side, this.held)
    this.held = undefined
    this.waiting = false
  }

  /** Some of a head has come and waits for the rest. */
  protected get hasPartialHead(): boolean {
    return this.state === AWAIT_HEAD && this.#withheld !== undefined && this.parser.hasBegun(this.#withheld.length)
  }

  /** The octets of an incomplete section, if any; they are forgotten here. */
  #takeWithheld(): Uint8Array | undefined {
    const withheld = this.#withheld
    this.#withheld = undefined
    return withheld?.bytes.subarray(0, withheld.length)
  }

  #step(bytes: Uint8Array, at: number, end: number): number {
    switch (this.state) {
      case AWAIT_HEAD:
        return this.#readHead(bytes, at, end)
      case BODY_LENGTH: {
        const next = at + Math.min(this.#left, end - at)
        this.#left -= next - at
        this.#passBody(bytes, at, next)
        if (this.#left === 0) this.#endMessage(next)
        return next
      }
      case BODY_CHUNKED:
        return this.#readChunked(bytes, at, end)
      case IN_TRAILERS:
        return this.#readTrailers(bytes, at, end)
      case BODY_UNTIL_CLOSE:
        this.#passBody(bytes, at, end)
        return end
      case PASSING:
        return end
      case SWITCHED:
        this.#handOver(bytes, at)
        return end
      default:
        this.edit.drop(at, end)
        return end
    }
  }

  #readHead(bytes: Uint8Array, at: number, end: number): number {
    if (this.#withheld === undefined) {
      const from = this.mayBegin(bytes, at)
      if (from !== at || this.state !== AWAIT_HEAD) return from
    }
    const next = this.#sectionEnd(this.#parserFor(this.#kind), bytes, at, end)
    if (next === SHORT) return end
    if (next === BAD) return this.#sectionViolated(this.parser.violation, at)
    return this.#takeHead(bytes, at, next)
  }

  /** Where the section of `parser` ends in the read; SHORT and withheld, while it is not whole; BAD where it breaks a rule. */
  #sectionEnd(parser: HeadParser, bytes: Uint8Array, at: number, end: number): number {
    if (this.#withheld === undefined) {
      parser.reset(at)
      const status = parser.advance(bytes, end)
      if (status === HEAD_COMPLETE) return parser.end
      if (status !== HEAD_NEED_MORE) return BAD
      this.#withheld = new WithheldOctets()
      parser.reset(0)
    }
    const withheld = this.#withheld
    const had = withheld.length
    withheld.append(bytes, at, Math.min(end, at + this.conversation.headBytes - had))
    const status = parser.advance(withheld.bytes, withheld.length)
    if (status === HEAD_NEED_MORE) {
      this.edit.drop(at, end)
      return SHORT
    }
    withheld.length = had
    return status === HEAD_COMPLETE ? at + parser.end - had : BAD
  }

  /** Refuses the section at `at`, or, where all passes unread, lets go what was withheld of it. */
  #sectionViolated(violation: Violation, at: number): number {
    const withheld = this.#takeWithheld()
    this.position = at
    this.violated(violation)
    this.#releaseParser()
    if (this.state === PASSING && withheld !== undefined) this.edit.insert(at, withheld)
    return at
  }

  /** The head is whole: `bytes[at, next)`, behind what was withheld of it. */
  #takeHead(bytes: Uint8Array, at: number, next: number): number {
    const violation = this.judge()
    if (violation !== undefined) return this.#sectionViolated(violation, at)
    const { head } = this.parser
    const withheld = this.#withheld
    this.#withheld = undefined
    const verdict = this.#verdict()
    if (verdict?.kind === 'wait') {
      this.waiting = true
      this.edit.drop(at, bytes.length)
      this.hold(withheld?.bytes ?? NO_OCTETS, withheld?.length ?? 0, bytes, at)
      this.#releaseParser()
      return bytes.length
    }
    if (verdict?.kind === 'reset') return this.#resetBy(verdict.reason, at, bytes.length)
    const altering = verdict?.kind === 'respond' ? undefined : this.editFor(head)
    if (altering !== undefined) {
      const octets =
        verdict?.kind === 'replace' ? verdict.head : head.fields.bytes.subarray(withheld === undefined ? at : 0, this.parser.end)
      this.edit.drop(at, next)
      this.position = next
      this.alter(altering, octets, head.framing, head.contentLength)
      if (this.headForwarded()) this.#beginBody(head.framing, head.contentLength, next)
      this.#releaseParser()
      return next
    }
    if (verdict !== undefined) this.edit.drop(at, next)
    if (verdict?.kind === 'replace') this.edit.insert(next, verdict.head)
    else if (verdict === undefined && withheld !== undefined) this.edit.insert(at, withheld.bytes.subarray(0, withheld.length))
    this.position = next
    this.swallowing = verdict?.kind === 'respond'
    if (verdict?.kind === 'respond') {
      this.headAnswered(verdict.response, verdict.reason, verdict.delayMs ?? 0)
      this.#beginBody(head.framing, head.contentLength, next)
    } else if (this.headForwarded()) {
      this.#beginBody(head.framing, head.contentLength, next)
    }
    this.#releaseParser()
    return next
  }

  #verdict(): Exclude<HeadVerdict, { kind: 'goaway' }> {
    const verdict = this.ask()
    return verdict?.kind === 'goaway' ? undefined : verdict
  }

  /** Nothing is answered any more. */
  #resetBy(reason: CloseReason, at: number, end: number): number {
    if (this.exchange !== undefined) this.exchange.reason = reason
    this.edit.drop(at, end)
    this.#releaseParser()
    this.cutOff('reset')
    return end
  }

  #beginBody(framing: string, contentLength: number, at: number): void {
    if (framing === 'chunked') {
      this.#chunked ??= new ChunkedScanner()
      this.#chunked.reset()
      this.state = BODY_CHUNKED
    } else if (framing === 'close') {
      this.state = BODY_UNTIL_CLOSE
    } else if (contentLength > 0) {
      this.#left = contentLength
      this.state = BODY_LENGTH
    } else {
      this.#endMessage(at)
    }
  }

  /** `trailers`: those of an altered body, as field lines. */
  #endMessage(at: number, trailers?: Uint8Array): void {
    this.position = at
    if (this.altered !== undefined) {
      if (!this.endPending) this.altered.finish(this.conversation.now(), trailers)
      this.endPending = this.isPacing
      if (this.endPending || this.conversation.closed) return
      this.altered = undefined
    }
    this.state = AWAIT_HEAD
    this.swallowing = false
    this.messageEnded()
  }

  #passBody(bytes: Uint8Array, start: number, end: number): void {
    if (this.isAltering) {
      this.alterBody(bytes, start, start, end)
      return
    }
    this.tellBody(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    if (this.swallowing) this.edit.drop(start, end)
  }

  #readChunked(bytes: Uint8Array, at: number, end: number): number {
    const scanner = this.#chunked as ChunkedScanner
    const isAltering = this.isAltering
    let status = scanner.next(bytes, at, end)
    while (status === CHUNKED_DATA) {
      if (isAltering) this.alterBody(bytes, at, scanner.dataStart, scanner.at)
      else this.tellBody(bytes.subarray(scanner.dataStart, scanner.at))
      status = scanner.next(bytes, scanner.at, end)
    }
    if (this.swallowing || this.altered !== undefined) this.edit.drop(at, scanner.at)
    this.position = scanner.at
    if (status === CHUNKED_LAST) this.state = IN_TRAILERS
    else if (status === CHUNKED_VIOLATION) this.violated(scanner.violation)
    return scanner.at
  }

  /** The trailer section, if only its empty line (RFC 9112 §7.1.2), is withheld like a head while it is split. */
  #readTrailers(bytes: Uint8Array, at: number, end: number): number {
    const trailers = this.#parserFor(TRAILERS)
    const next = this.#sectionEnd(trailers, bytes, at, end)
    if (next === SHORT) return end
    if (next === BAD) return this.#sectionViolated(trailers.violation, at)
    const { facts, head } = trailers
    if (facts.hosts > 0 || facts.contentLengths > 0 || facts.transferEncodings > 0 || facts.isDisguised) {
      return this.#sectionViolated(HTTP1_VIOLATIONS.http1_forbidden_trailer, at)
    }
    if (this.isAltering) {
      const lines = head.fields.bytes.subarray(this.#withheld === undefined ? at : 0, trailers.end - EMPTY_LINE.length)
      this.#takeWithheld()
      this.edit.drop(at, next)
      this.#endMessage(next, lines.length === 0 ? undefined : lines)
      this.#releaseParser()
      return next
    }
    const withheld = this.#takeWithheld()
    if (this.swallowing) this.edit.drop(at, next)
    else if (withheld !== undefined) this.edit.insert(at, withheld)
    if (head.fields.count > 0) this.tellTrailers(head.fields)
    this.#releaseParser()
    this.#endMessage(next)
    return next
  }

  /** The octets behind the head that switched protocols are the successor's first. */
  #handOver(bytes: Uint8Array, at: number): void {
    const { successor } = this.conversation
    if (successor === undefined) return
    const rest = at === 0 ? bytes : bytes.subarray(at)
    this.edit.drop(at, bytes.length)
    const outcome = successor.execute(this.side, rest, this.plan)
    if (outcome === PASS) this.plan.forward(this.side, rest)
  }
}
