/**
 * Connection: what the two directions of one HTTP/2 connection share: its streams, how streams and the connection end, and the
 * handler that is told. Worker thread. RFC 9113 §5.1, §5.4.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { BURIED_STREAMS, OPEN_STREAMS, STALL_MS, STALLED_STREAMS } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../shared/side.ts'
import { CANCEL, ENHANCE_YOUR_CALM, HTTP2_VIOLATIONS, type Http2Violation, NO_ERROR } from '../../../shared/violations/http2.ts'
import type { HttpHandler } from '../http/http-handler.ts'
import type { MessageHead } from '../http/message-head.ts'
import { type ReplyForm, replyForm } from '../http/reply-form.ts'
import type { Plan } from '../plan.ts'
import { AlteredHalves } from './altered-halves.ts'
import { Direction } from './direction.ts'
import { goawayFrame, rstStreamFrame } from './frames/synthesis.ts'
import { CookieJoiner } from './head/cookie-crumbs.ts'
import { HeaderList } from './head/header-list.ts'
import { Http2Stream } from './http2-stream.ts'
import { ENDED, type HalfState } from './stream-states.ts'
import { UnfinishedRequests } from './unfinished-requests.ts'

export interface ConnectionOptions {
  readonly handler: HttpHandler
  readonly maxHeaderListSize: number
  readonly blockBytes: number
  readonly now: () => number
}

export class Connection {
  readonly handler: HttpHandler
  readonly directions: readonly [Direction, Direction]
  readonly streams = new Map<number, Http2Stream>()
  readonly halves = new AlteredHalves()
  readonly unfinished: UnfinishedRequests
  /** The block being read; another takes its place where one waits for its verdict. */
  list: HeaderList
  joiner = new CookieJoiner()
  /** The highest stream id that each side has opened. */
  readonly lastIds: [number, number] = [0, 0]
  /** The client takes pushes, until the origin has acknowledged that it does not. */
  pushAllowed = true
  /** Some stream ended by our doing, so that a closed stream may be one that the other side has never heard of. */
  altered = false
  /** The origin has begun a final response: it was there. */
  isAnswered = false
  #form: ReplyForm = 'text'
  /** Why there is no origin (any more): the engine stands in for it (`AbsentOrigin`). */
  originLost: CloseReason | undefined = undefined
  /** The session is being closed: nothing more is forwarded. */
  closed = false
  /** The last stream of the client that is still looked at; −1: no GOAWAY of ours was sent. */
  leavingAfter = -1
  #leavingReason: CloseReason = 'completed'
  #leavingDetail = ''
  readonly now: () => number
  readonly #maxHeaderListSize: number
  /** Streams whose response waits for the client's window, in the order in which they ran out of it. */
  readonly #stalled = new Set<Http2Stream>()

  constructor({ handler, maxHeaderListSize, blockBytes, now }: ConnectionOptions) {
    this.handler = handler
    this.now = now
    this.#maxHeaderListSize = maxHeaderListSize
    this.list = new HeaderList(maxHeaderListSize)
    this.directions = [new Direction(CLIENT, blockBytes, now), new Direction(ORIGIN, blockBytes, now)]
    this.unfinished = new UnfinishedRequests(this.directions[ORIGIN], now)
  }

  set plan(plan: Plan) {
    for (const direction of this.directions) {
      direction.plan = plan
      direction.planned = false
    }
  }

  /** Gives the block in hand away, with the head made of it. */
  replaceList(): void {
    this.list = new HeaderList(this.#maxHeaderListSize)
    this.joiner = new CookieJoiner()
  }

  /** Opens stream `id`; the violation, where there are too many. */
  openStream(id: number, client: HalfState, origin: HalfState): Http2Stream | Http2Violation {
    if (this.streams.size >= OPEN_STREAMS) return HTTP2_VIOLATIONS.http2_flood_streams
    const stream = new Http2Stream(id, client, origin)
    this.streams.set(id, stream)
    return stream
  }

  /** What the receiver of `direction` had advertised binds its sender from here on; false: nothing waited for an acknowledgement. */
  acknowledge(direction: Direction): boolean {
    const peer = this.directions[direction.receiver]
    const settings = peer.settings.acknowledge()
    if (settings === undefined) return false
    if (settings.tableSize !== -1) direction.limitTable(settings.tableSize)
    if (settings.window !== -1) direction.initialWindow = settings.window
    if (settings.frameSize !== -1) direction.frameSize = settings.frameSize
    direction.parser.maxFrameSize = peer.settings.largestFrame(direction.frameSize)
    direction.decoder.largestUpdate = peer.settings.largestTable(direction.decoder.limit)
    this.halves.drain(direction.side)
    if (direction.side === ORIGIN && settings.push !== -1) this.pushAllowed = settings.push === 1
    return true
  }

  /**
   * In which form the client of a request reads an answer of ours. Looked at until the origin has answered something: one connection
   * is one client's, whose later requests are taken to want the same.
   */
  formOf(head: MessageHead): ReplyForm {
    if (!this.isAnswered) this.#form = replyForm(head)
    return this.#form
  }

  /** Whether `id` was never opened (idle), rather than open or closed (§5.1.1). */
  isIdle(id: number): boolean {
    return id > this.lastIds[(id & 1) === 1 ? CLIENT : ORIGIN]
  }

  /** Both halves have ended, or the stream is over in another way: the terminal fact, once. */
  endStream(stream: Http2Stream, reason: CloseReason, code?: number): void {
    this.streams.delete(stream.id)
    this.#stalled.delete(stream)
    for (const half of stream.altered) if (half !== undefined) this.halves.forget(half)
    if (stream.open) {
      stream.open = false
      stream.observer?.abort(reason)
      this.handler.onExchangeEnd(stream.id, reason, code)
    }
  }

  /** All that `side` sends on the stream has come, and gone on. */
  endHalf(side: Side, stream: Http2Stream): void {
    const { handler } = this
    stream.states[side] = ENDED
    const { altered } = stream
    const half = altered[side]
    if (half !== undefined) this.halves.forget(half)
    if (side === CLIENT) handler.onRequestEnd(stream.id)
    else handler.onResponseEnd(stream.id)
    stream.observer?.finish(side)
    if (side === ORIGIN) this.noteWindow(stream)
    if (stream.answered || stream.states[CLIENT] !== ENDED || stream.states[ORIGIN] !== ENDED) return
    if (altered[CLIENT] === undefined && altered[ORIGIN] === undefined) this.endStream(stream, stream.reason ?? 'completed')
  }

  /** RST_STREAM to both sides by our will: what they still send on the stream is swallowed. No `originCode`: the origin does not know it. */
  resetStream(stream: Http2Stream, code: number, originCode: number | undefined, reason: CloseReason): void {
    const { id } = stream
    this.directions[ORIGIN].insert(rstStreamFrame(id, code))
    this.bury(CLIENT, id)
    if (originCode !== undefined) {
      this.directions[CLIENT].insert(rstStreamFrame(id, originCode))
      this.bury(ORIGIN, id)
    }
    this.endStream(stream, reason, code)
  }

  /**
   * GOAWAY to the client by our will (§6.8): streams up to the last one known go on, later ones are not looked at, and the session
   * ends with the last of them. With an error code it ends now (§5.4.1).
   */
  leave(code: number, reason: CloseReason, detail = ''): void {
    const last = this.lastIds[CLIENT]
    if (code === NO_ERROR) {
      if (this.leavingAfter === -1) this.directions[ORIGIN].insert(goawayFrame(last, code))
      this.leavingAfter = last
      this.#leavingReason = reason
      this.#leavingDetail = detail
      return
    }
    this.directions[ORIGIN].insertLast(goawayFrame(last, code))
    this.directions[CLIENT].insertLast(goawayFrame(this.lastIds[ORIGIN], NO_ERROR))
    this.closed = true
    this.endAll(reason)
    this.directions[CLIENT].plan?.closeSession(reason)
  }

  /** After a GOAWAY of ours: the last stream is through, and no request of one that we have answered is still sent. */
  leaveIfDone(plan: Plan): void {
    if (this.streams.size > 0 || !this.unfinished.isEmpty || this.closed) return
    this.closed = true
    for (const direction of this.directions) direction.flushRun()
    plan.closeSession(this.#leavingReason, this.#leavingDetail)
  }

  /** The client has the whole response on `stream`, by our doing: what may be left of its request is for nobody. */
  endRequest(stream: Http2Stream): void {
    if (stream.states[CLIENT] !== ENDED) this.unfinished.add(stream.id)
    this.bury(CLIENT, stream.id)
  }

  /** The other side does not know stream `id` (any more): what `side` still sends on it, were it only credit, is swallowed. */
  bury(side: Side, id: number): void {
    this.altered = true
    const { buried } = this.directions[side]
    buried.add(id)
    if (buried.size <= BURIED_STREAMS) return
    for (const oldest of buried) {
      buried.delete(oldest)
      return
    }
  }

  /**
   * A stream error by `side` (§5.4.2): both sides are told, and what they still send on the stream is swallowed. A stream that has not
   * been opened is unknown to the origin. The violation that this amounts to, if there were too many of them.
   */
  refuseStream(side: Side, id: number, violation: Http2Violation): Http2Violation | undefined {
    const stream = this.streams.get(id)
    this.handler.onViolation(id, side, violation)
    this.directions[ORIGIN].insert(rstStreamFrame(id, violation.errorCode))
    this.bury(CLIENT, id)
    if (stream !== undefined && !stream.answered) {
      this.directions[CLIENT].insert(rstStreamFrame(id, side === ORIGIN ? violation.errorCode : CANCEL))
      this.bury(ORIGIN, id)
    }
    if (stream !== undefined) this.endStream(stream, reasonOf(violation), violation.errorCode)
    return this.directions[side].flood.onReset()
  }

  /**
   * A connection error by `side` (§5.4.1): it is told with GOAWAY, the other side is told that nothing is wrong with it, and the
   * session ends.
   */
  refuse(side: Side, streamId: number, violation: Http2Violation, plan: Plan): void {
    if (this.closed) return
    const offended = this.directions[side]
    const towards = this.directions[otherSide(side)]
    this.handler.onViolation(streamId, side, violation)
    offended.flushRun()
    towards.insertLast(goawayFrame(this.#lastOf(side), violation.errorCode))
    offended.insertLast(goawayFrame(this.#lastOf(otherSide(side)), NO_ERROR))
    this.closed = true
    const reason = reasonOf(violation)
    this.endAll(reason)
    plan.closeSession(reason, violation.code)
  }

  /** §6.8: the last id of a GOAWAY never rises. */
  #lastOf(side: Side): number {
    return side === CLIENT && this.leavingAfter !== -1 ? this.leavingAfter : this.lastIds[side]
  }

  endAll(reason: CloseReason): void {
    for (const stream of this.streams.values()) this.endStream(stream, stream.reason ?? reason)
    this.streams.clear()
  }

  /** The origin's DATA has used up the client's window of `stream`, or the client has given some. */
  noteWindow(stream: Http2Stream): void {
    const isStalled = this.directions[ORIGIN].initialWindow + stream.credit[ORIGIN] <= 0 && stream.states[ORIGIN] !== ENDED
    if (isStalled === this.#stalled.has(stream)) return
    if (isStalled) {
      stream.stalledAt = this.now()
      this.#stalled.add(stream)
    } else {
      this.#stalled.delete(stream)
    }
  }

  /** Whether the client has left too many streams without window for too long, while it sends other frames. */
  judgeStalls(): Http2Violation | undefined {
    if (this.#stalled.size < STALLED_STREAMS) return undefined
    let count = 0
    const latest = this.now() - STALL_MS
    for (const stream of this.#stalled) {
      if (stream.stalledAt > latest) return undefined
      if (++count === STALLED_STREAMS) return HTTP2_VIOLATIONS.http2_flood_stall
    }
    return undefined
  }
}

function reasonOf(violation: Http2Violation): CloseReason {
  return violation.errorCode === ENHANCE_YOUR_CALM ? 'limit_exceeded' : 'protocol_violation'
}
