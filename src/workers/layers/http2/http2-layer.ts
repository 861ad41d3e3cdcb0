/**
 * Http2Layer: observes one HTTP/2 connection in both directions while its frames are relayed, and alters it where its handler
 * says so. It does not terminate HTTP/2: SETTINGS, flow control and priorities are the peers' own. Worker thread. RFC 9113.
 *
 *     client ──▶ Direction ─┐   frames    ┌─ HeaderRelay  blocks, heads, verdicts ─┐
 *                           ├────────────▶┤                                        ├── Connection: streams, ends, errors
 *     origin ──▶ Direction ─┘             └─ FrameRelay   all other frames ────────┘   Replies: our own answers
 *
 * A chunk of whole frames that nobody alters passes as it came (PASS). Only what has to be judged first is ever held: a frame
 * head, a control frame or a header block that is split over chunks.
 *
 * A connection error ends the session with GOAWAY to whom it is owed; a stream error resets the stream on both sides.
 * Without an origin, or where it breaks off before it has answered, `AbsentOrigin` stands in for it.
 * `strict: false` relays malformed messages and reports them.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { HEADER_BLOCK_FACTOR, HEADER_LIST_BYTES } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../shared/side.ts'
import { NO_ERROR } from '../../../shared/violations/http2.ts'
import type { HttpHandler } from '../http/http-handler.ts'
import type { ReplyForm } from '../http/reply-form.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../layer.ts'
import type { Plan } from '../plan.ts'
import { AbsentOrigin } from './absent-origin.ts'
import { Connection } from './connection.ts'
import type { Direction } from './direction.ts'
import { BLOCK, type Fate, FORWARD } from './fate.ts'
import { FrameRelay } from './frame-relay.ts'
import { NEED_MORE, PREFACE_UNIT, SPAN, VIOLATION } from './frames/frame-parser.ts'
import {
  ALTSVC,
  DATA,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  PRIORITY_UPDATE,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frames/frame-types.ts'
import { HeaderRelay } from './header-relay.ts'
import type { StreamObserver } from './http2-stream.ts'
import { Replies } from './replies.ts'
import { ENDED } from './stream-states.ts'

export interface Http2LayerOptions {
  readonly handler: HttpHandler
  /** Milliseconds of any steady clock: floods are counted per time. */
  readonly now: () => number
  /** Octets of a field section (`http2_max_header_list_size`). */
  readonly maxHeaderListSize?: number
  /** Refuse malformed messages (default), or report and relay them. */
  readonly strict?: boolean
  /** ALTSVC frames do not reach the client. */
  readonly stripsAltSvc?: boolean
  /** There is no origin: the handler answers every request, and the session ends for this reason. */
  readonly noOrigin?: CloseReason | undefined
}

export class Http2Layer implements Layer {
  readonly #connection: Connection
  readonly #replies: Replies
  readonly #absent: AbsentOrigin
  readonly #headers: HeaderRelay
  readonly #frames: FrameRelay

  constructor(options: Http2LayerOptions) {
    const { handler, now, maxHeaderListSize = HEADER_LIST_BYTES, strict = true, stripsAltSvc = false, noOrigin } = options
    const blockBytes = HEADER_BLOCK_FACTOR * Math.max(maxHeaderListSize, HEADER_LIST_BYTES)
    this.#connection = new Connection({ handler, now, maxHeaderListSize, blockBytes })
    this.#replies = new Replies(this.#connection)
    this.#absent = new AbsentOrigin(this.#connection, this.#replies, maxHeaderListSize)
    this.#headers = new HeaderRelay(this.#connection, this.#replies, this.#absent, strict)
    this.#frames = new FrameRelay(this.#connection, this.#headers, this.#replies, this.#absent, stripsAltSvc)
    if (noOrigin !== undefined) this.#absent.begin(noOrigin)
  }

  /**
   * Lets `observer` read the octets of stream `exchange`, which has left HTTP (CONNECT, RFC 8441). To be called within
   * `onUpgrade`, so that it gets every octet; without an observer they pass unread.
   */
  observeStream(exchange: number, observer: StreamObserver): void {
    const stream = this.#connection.streams.get(exchange)
    if (stream?.upgraded === true) stream.observer = observer
  }

  /** What streams without an answer are answered with where the origin breaks off; none: the client sees the same end. */
  set lostAnswer(answer: ((form: ReplyForm) => Uint8Array) | undefined) {
    this.#absent.answer = answer
  }

  answerLost(plan: Plan): Outcome {
    const outcome = this.#absent.onLost(plan, 'upstream_reset')
    if (outcome === PLANNED) this.#leaveIfDone(plan)
    return outcome
  }

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    const direction = this.#connection.directions[side]
    if (this.#connection.closed) return PLANNED
    if (direction.held !== undefined) {
      direction.holdMore(bytes)
      return PLANNED
    }
    this.#connection.plan = plan
    this.#absent.greet()
    this.#run(direction, bytes, plan)
    this.#release(otherSide(side), plan)
    return this.#outcome(direction, plan)
  }

  finish(side: Side, _plan: Plan): Outcome {
    const connection = this.#connection
    const direction = connection.directions[side]
    if (connection.closed) return PASS
    // Known: the client may still be answered.
    if (side === ORIGIN && connection.originLost !== undefined) return PLANNED
    if (direction.held !== undefined || connection.halves.isHeld(side)) {
      direction.finishPending = true
      return PLANNED
    }
    const reason = side === CLIENT ? 'client_closed_early' : 'upstream_closed_early'
    for (const stream of connection.streams.values()) {
      if (stream.states[side] !== ENDED && !stream.answered) connection.endStream(stream, reason)
    }
    if (side === CLIENT || !this.#replies.areOwed) return PASS
    // An origin that is not asked may tire of waiting: what we still have to answer is not its.
    direction.finishPending = true
    return PLANNED
  }

  resume(side: Side, plan: Plan): Outcome {
    const direction = this.#connection.directions[side]
    if (this.#connection.closed || direction.pending === undefined) return PASS
    this.#connection.plan = plan
    this.#goOn(direction, plan)
    if (direction.held !== undefined) plan.pause(side)
    this.#release(otherSide(side), plan)
    this.#leaveIfDone(plan)
    return PLANNED
  }

  /** When altered streams, or answers of ours and what they leave, go on by themselves; at once where SETTINGS are ours to send. */
  get wakeAt(): number {
    const { halves, unfinished } = this.#connection
    return Math.min(halves.wakeAt, this.#replies.wakeAt, unfinished.wakeAt, this.#absent.wakeAt)
  }

  wake(plan: Plan): void {
    const connection = this.#connection
    if (connection.closed) return
    connection.plan = plan
    this.#absent.greet()
    this.#replies.wake()
    connection.unfinished.wake()
    connection.halves.drain()
    for (const side of [CLIENT, ORIGIN] as const) {
      this.#release(side, plan)
      this.#finishPending(connection.directions[side], plan)
    }
    this.#leaveIfDone(plan)
  }

  /** GOAWAY (§6.8): requests that it crosses on their way are not forwarded, and the client knows that. */
  leave(reason: CloseReason, detail: string, plan: Plan): void {
    const connection = this.#connection
    if (connection.closed || connection.leavingAfter !== -1) return
    connection.plan = plan
    connection.leave(NO_ERROR, reason, detail)
    connection.leaveIfDone(plan)
  }

  abort(reason: CloseReason): void {
    this.#connection.closed = true
    this.#connection.endAll(reason)
  }

  #leaveIfDone(plan: Plan): void {
    this.#absent.leave()
    if (this.#connection.leavingAfter !== -1) this.#connection.leaveIfDone(plan)
  }

  #outcome(direction: Direction, plan: Plan): Outcome {
    const other = this.#connection.directions[direction.receiver]
    this.#leaveIfDone(plan)
    if (this.#connection.closed) return PLANNED
    if (other.planned) direction.planned = true
    return direction.endRun() ? PASS : PLANNED
  }

  /** Reads frame after frame of `bytes` until the chunk, or the connection, is at its end, or has to wait. */
  #run(direction: Direction, bytes: Uint8Array, plan: Plan): void {
    const { parser } = direction
    direction.begin(bytes)
    for (let piece = parser.read(); piece !== NEED_MORE; piece = parser.read()) {
      if (piece === VIOLATION) {
        this.#refuse(direction, plan)
        return
      }
      if (piece === SPAN) {
        this.#onSpan(direction)
        continue
      }
      if (piece === PREFACE_UNIT) {
        direction.forwardPiece()
        continue
      }
      if (!this.#onUnit(direction, this.#fateOf(direction), plan)) return
    }
  }

  /** Carries out the fate of the unit in hand; false where the run ends with it. */
  #onUnit(direction: Direction, fate: Fate, plan: Plan): boolean {
    if (typeof fate === 'object') {
      this.#connection.refuse(direction.side, direction.parser.streamId, fate, plan)
      return false
    }
    if (fate === BLOCK) {
      direction.hold()
      plan.pause(direction.side)
      return false
    }
    direction.isForwarded = fate === FORWARD
    if (fate === FORWARD) direction.forwardPiece()
    else direction.dropPiece()
    if (direction.parser.type === DATA && direction.parser.ended) this.#frames.onDataEnd(direction)
    return !this.#connection.closed
  }

  #onSpan(direction: Direction): void {
    const { parser } = direction
    if (direction.isForwarded) direction.forwardPiece()
    else direction.dropPiece()
    if (parser.type !== DATA) return
    this.#frames.onDataOctets(direction, parser.raw.subarray(parser.rawStart, parser.dataEnd))
    if (parser.ended) this.#frames.onDataEnd(direction)
  }

  #fateOf(direction: Direction): Fate {
    const frames = this.#frames
    if (this.#connection.directions[direction.receiver].isCongested) return BLOCK
    if (direction.side === CLIENT) {
      const stall = this.#connection.judgeStalls()
      if (stall !== undefined) return stall
    }
    switch (direction.parser.type) {
      case DATA:
        return frames.onData(direction)
      case HEADERS:
        return this.#headers.onHeaders(direction)
      case PRIORITY:
      case PRIORITY_UPDATE:
        return frames.onPriority(direction)
      case RST_STREAM:
        return frames.onRstStream(direction)
      case SETTINGS:
        return frames.onSettings(direction)
      case PUSH_PROMISE:
        return this.#headers.onPushPromise(direction)
      case PING:
        return frames.onPing(direction)
      case GOAWAY:
        return frames.onGoaway(direction)
      case WINDOW_UPDATE:
        return frames.onWindowUpdate(direction)
      case ALTSVC:
        return frames.onAltSvc(direction)
      default:
        return frames.onExtension(direction)
    }
  }

  #refuse(direction: Direction, plan: Plan): void {
    const { violation, streamId } = direction.parser
    if (violation !== undefined) this.#connection.refuse(direction.side, streamId, violation, plan)
  }

  /** Deals with the unit in hand once more, then with what came behind it. */
  #goOn(direction: Direction, plan: Plan): void {
    const { held, pending } = direction
    if (held === undefined) return
    direction.held = undefined
    direction.begin(NO_OCTETS)
    const fate = pending === undefined ? this.#fateOf(direction) : this.#headers.settle(direction, pending)
    if (fate === BLOCK) {
      direction.held = held
      return
    }
    direction.pending = undefined
    if (!this.#onUnit(direction, fate, plan)) return
    direction.flushRun()
    this.#run(direction, held, plan)
    if (direction.held === undefined && !this.#connection.closed) {
      direction.flushRun()
      this.#finishPending(direction, plan)
    }
  }

  /** The FIN that came behind what was held. */
  #finishPending(direction: Direction, plan: Plan): void {
    if (!direction.finishPending || direction.held !== undefined || this.#connection.halves.isHeld(direction.side)) return
    direction.finishPending = false
    if (this.finish(direction.side, plan) !== PASS) return
    direction.planned = true
    plan.end(direction.receiver)
  }

  /** The credit has come, or the room, for which what `side` sent was held. */
  #release(side: Side, plan: Plan): void {
    const direction = this.#connection.directions[side]
    if (direction.pending !== undefined || this.#connection.closed) return
    if (direction.held === undefined) {
      this.#finishPending(direction, plan)
      return
    }
    this.#goOn(direction, plan)
    if (direction.held === undefined) plan.unpause(side)
  }
}

const NO_OCTETS = new Uint8Array(0)
