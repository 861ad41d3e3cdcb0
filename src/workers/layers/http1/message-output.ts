/**
 * MessageOutput: what leaves one direction of an HTTP/1.1 connection, other than octets that pass: what is held back, bodies that
 * the handler edits, our answers, and the end that they can mean for the connection. What comes in is MessageReader's. Worker
 * thread. RFC 9112 §9.
 */

import type { FieldSection } from '../../../shared/http/field-section.ts'
import type { Side } from '../../../shared/side.ts'
import type { BodyEdit } from '../http/body-mutator.ts'
import type { BodyFraming } from '../http/message-head.ts'
import { type Outcome, PLANNED } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { AlteredBody, type AlteredMessage } from './body/altered-body.ts'
import { ChunkEdit } from './body/chunk-edit.ts'
import { joinOctets } from './body/withheld-octets.ts'
import type { Conversation, ReplyWriter } from './conversation.ts'
import type { Exchange } from './exchange-queue.ts'
import { trailerFields } from './head/trailer-fields.ts'

const NO_OCTETS = new Uint8Array(0)
/** The answer is ours: what the sender sends in its place is nobody's. */
const DROPPED_BODY = { keepsLength: true, execute: () => undefined, finish: () => undefined } as const

export abstract class MessageOutput implements ReplyWriter, AlteredMessage {
  readonly side: Side
  /** Octets that came after this direction had to pause. */
  held: Uint8Array | undefined = undefined
  /** The sender's FIN came while octets were held. */
  finishPending = false
  protected readonly conversation: Conversation
  protected readonly edit: ChunkEdit
  /** The exchange of the message being read; none between messages. */
  protected exchange: Exchange | undefined = undefined
  /** The message being read is not forwarded: our answer stands for it. */
  protected swallowing = false
  /** What the body in hand goes through, where the handler edits it. */
  protected altered: AlteredBody | undefined = undefined
  /** The message in hand has come to its end, but not all of it has gone. */
  protected endPending = false
  /** Where in the read what is being told has happened. */
  protected position = 0

  constructor(side: Side, conversation: Conversation) {
    this.side = side
    this.conversation = conversation
    this.edit = new ChunkEdit(side)
  }

  protected abstract tellBody(bytes: Uint8Array): void
  protected abstract tellTrailers(trailers: FieldSection): void
  /** Whether the receiver can take chunks. */
  protected abstract readonly mayChunk: boolean
  abstract reply(octets: Uint8Array): void

  get plan(): Plan {
    return this.edit.plan
  }

  /** Some of an altered message waits for its time: nothing behind it is read. */
  get isPacing(): boolean {
    return this.altered?.outlet.isHeld === true
  }

  /** When `wake` has something to do. */
  get wakeAt(): number {
    return this.altered === undefined ? Number.POSITIVE_INFINITY : this.altered.wakeAt
  }

  send(octets: Uint8Array): void {
    this.edit.insert(this.position, octets)
  }

  tellSent(bytes: Uint8Array): void {
    this.tellBody(bytes)
  }

  tellSentTrailers(lines: Uint8Array): void {
    const fields = trailerFields(lines)
    if (fields !== undefined) this.tellTrailers(fields)
  }

  endedByFault(): void {
    if (this.exchange !== undefined) this.exchange.reason = 'fault_injected'
  }

  closesAfter(): void {
    if (this.exchange !== undefined) this.exchange.closesAfterReply = true
  }

  cutOff(how: 'fin' | 'reset'): void {
    const reason = this.exchange?.reason ?? 'completed'
    this.edit.touch()
    this.altered?.outlet.cancel()
    if (how === 'reset') this.conversation.reset(this.plan, reason)
    else this.conversation.close(this.plan, reason)
  }

  /** Stops reading from this side, and keeps what the read still had. Bounded: at most the rest of one read. */
  hold(first: Uint8Array, firstEnd: number, rest: Uint8Array, at: number): void {
    this.held = joinOctets(first, firstEnd, rest, at)
    this.plan.pause(this.side)
  }

  /** A read that was under way when this direction paused. */
  holdMore(bytes: Uint8Array, plan: Plan): Outcome {
    const held = this.held ?? NO_OCTETS
    this.held = joinOctets(held, held.length, bytes, 0)
    plan.pause(this.side)
    return PLANNED
  }

  /** Begins a message whose body `edit` alters, with `head`. */
  protected alter(edit: BodyEdit, head: Uint8Array, framing: BodyFraming, contentLength: number): void {
    this.altered = new AlteredBody(edit, this, head, framing, contentLength, this.mayChunk)
    this.altered.begin(this.conversation.now(), edit.headDelayMs)
  }

  /** `octets`, of our own, go after `delayMs`, and nothing passes meanwhile. */
  protected sendLater(octets: Uint8Array, delayMs: number): void {
    this.alter({ ...DROPPED_BODY, headDelayMs: delayMs }, octets, 'none', 0)
  }

  /** The body is not forwarded as it comes; the answer that stands for a message may be delayed, its body is not edited. */
  protected get isAltering(): boolean {
    return this.altered !== undefined && !this.swallowing
  }

  /** `bytes[from, end)` is not forwarded; `[start, end)` of it is body. */
  protected alterBody(bytes: Uint8Array, from: number, start: number, end: number): void {
    this.edit.drop(from, end)
    this.position = end
    this.altered?.execute(bytes.subarray(start, end), this.conversation.now())
  }

  /** The sender's FIN ends an altered body that has no other end. False: it waits for what is still to go. */
  protected endUntilClose(plan: Plan): boolean {
    if (this.altered === undefined || this.endPending) return true
    this.edit.beginApart(plan)
    this.position = 0
    this.altered.finish(this.conversation.now(), undefined)
    if (!this.isPacing) {
      this.altered = undefined
      return true
    }
    this.hold(NO_OCTETS, 0, NO_OCTETS, 0)
    this.finishPending = true
    return false
  }
}
