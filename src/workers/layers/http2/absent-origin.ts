/**
 * AbsentOrigin: the client's side of a connection goes on although there is no origin: there never was one, or it has gone while streams
 * had no answer. The engine gives what a server owes a client then, and ends behind the answers. Worker thread. RFC 9113.
 *
 *     SETTINGS (§3.4), their acknowledgement (§6.5.3), PING (§6.7), credit for what nobody has taken (§6.9)
 *     ─▶ an answer for each stream that has got none, RST_STREAM for one that was cut ─▶ GOAWAY (§6.8) ─▶ close
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { ABSENT_ORIGIN_STREAMS, UNFINISHED_REQUEST_MS } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import { INTERNAL_ERROR, NO_ERROR } from '../../../shared/violations/http2.ts'
import type { HeadVerdict } from '../http/http-handler.ts'
import type { ReplyForm } from '../http/reply-form.ts'
import { type Outcome, PASS, PLANNED } from '../layer.ts'
import type { Plan } from '../plan.ts'
import type { Connection } from './connection.ts'
import { INITIAL_WINDOW_DEFAULT, SETTING_MAX_CONCURRENT_STREAMS, SETTING_MAX_HEADER_LIST_SIZE } from './frames/frame-types.ts'
import { pingAckFrame, settingsAckFrame, settingsFrame, windowUpdateFrame } from './frames/synthesis.ts'
import type { Http2Stream } from './http2-stream.ts'
import type { Replies } from './replies.ts'
import { ENDED, HEAD } from './stream-states.ts'

export class AbsentOrigin {
  /** What a stream is answered with whose origin has gone; none: the client sees the origin's end. */
  answer: ((form: ReplyForm) => Uint8Array) | undefined = undefined
  readonly #connection: Connection
  readonly #replies: Replies
  readonly #maxHeaderListSize: number
  /** When the client is told to leave, whatever is under way. */
  #leaveAt = Number.POSITIVE_INFINITY

  constructor(connection: Connection, replies: Replies, maxHeaderListSize: number) {
    this.#connection = connection
    this.#replies = replies
    this.#maxHeaderListSize = maxHeaderListSize
  }

  /** There is no origin from now on. The session will end for `reason`. */
  begin(reason: CloseReason): void {
    this.#connection.originLost = reason
    this.#connection.directions[CLIENT].isReceiverGone = true
  }

  /** When `greet` or `leave` has something to say without a word of the client; Infinity: never. */
  get wakeAt(): number {
    return this.#owesGreeting ? 0 : this.#leaveAt
  }

  /** The client may wait for SETTINGS before it asks for anything (gRPC's do). */
  greet(): void {
    if (!this.#owesGreeting) return
    const settings = settingsFrame([
      [SETTING_MAX_CONCURRENT_STREAMS, ABSENT_ORIGIN_STREAMS],
      [SETTING_MAX_HEADER_LIST_SIZE, this.#maxHeaderListSize],
    ])
    this.#connection.directions[ORIGIN].open(settings)
  }

  /** The client's SETTINGS have come, or were there: nobody else acknowledges them. */
  onSettings(): void {
    const { directions, originLost } = this.#connection
    if (originLost === undefined) return
    while (!directions[CLIENT].settings.isAcknowledged) {
      directions[ORIGIN].insert(settingsAckFrame())
      this.#connection.acknowledge(directions[ORIGIN])
    }
    this.#replies.onCredit()
  }

  onPing(payload: Uint8Array): void {
    if (this.#connection.originLost !== undefined) this.#connection.directions[ORIGIN].insert(pingAckFrame(payload))
  }

  /**
   * The origin has broken off. PLANNED: whoever waits for it is answered, or will be once it asks. PASS where that cannot be told:
   * a frame of the origin's is half sent, something of it is still to come, or nobody waits.
   */
  onLost(plan: Plan, reason: CloseReason): Outcome {
    const connection = this.#connection
    const { directions, streams, lastIds } = connection
    const fromOrigin = directions[ORIGIN]
    if (this.answer === undefined || connection.closed || connection.originLost !== undefined) return PASS
    if (fromOrigin.isFrameOpen || fromOrigin.held !== undefined) return PASS
    if (streams.size === 0 && lastIds[CLIENT] > 0) return PASS
    connection.plan = plan
    this.begin(reason)
    this.greet()
    this.onSettings()
    const taken = INITIAL_WINDOW_DEFAULT - directions[CLIENT].window
    this.#giveCredit(0, taken)
    directions[CLIENT].window += Math.max(0, taken)
    for (const stream of streams.values()) this.#endStream(stream)
    this.leave()
    return PLANNED
  }

  /** What becomes of a request that would be forwarded; undefined: it is. */
  verdict({ form }: Http2Stream): Extract<HeadVerdict, { kind: 'respond' }> | undefined {
    const reason = this.#connection.originLost
    if (reason === undefined || this.answer === undefined) return undefined
    return { kind: 'respond', response: this.answer(form), reason }
  }

  /**
   * Behind the first requests, for what the client asks for later is to be asked of an origin anew. Not while answers or uploads are under
   * way, save for so long: clients by python-h2 take no frame behind a GOAWAY.
   */
  leave(): void {
    const connection = this.#connection
    const { lastIds, originLost, streams, unfinished } = connection
    if (originLost === undefined || lastIds[CLIENT] === 0 || connection.leavingAfter !== -1) return
    const now = connection.now()
    this.#leaveAt = Math.min(this.#leaveAt, now + UNFINISHED_REQUEST_MS)
    if ((streams.size > 0 || !unfinished.isEmpty) && now < this.#leaveAt) return
    this.#leaveAt = Number.POSITIVE_INFINITY
    connection.leave(NO_ERROR, originLost)
  }

  get #owesGreeting(): boolean {
    return this.#connection.originLost !== undefined && !this.#connection.directions[ORIGIN].isOpened
  }

  #endStream(stream: Http2Stream): void {
    const connection = this.#connection
    const { states, answered } = stream
    // The handler's verdict on its head is awaited: asked again, it finds no origin.
    if (answered || states[ORIGIN] === ENDED || connection.directions[CLIENT].pending?.stream === stream) return
    const verdict = (stream.id & 1) === 1 && states[ORIGIN] === HEAD ? this.verdict(stream) : undefined
    if (verdict === undefined) {
      connection.resetStream(stream, INTERNAL_ERROR, undefined, connection.originLost ?? 'upstream_reset')
      return
    }
    if (states[CLIENT] !== ENDED) this.#giveCredit(stream.id, -stream.credit[CLIENT])
    this.#replies.answer(stream, verdict.response, verdict.reason)
  }

  /** The origin has gone with what it had taken of the client's windows: without that the client could not end its request. */
  #giveCredit(id: number, octets: number): void {
    if (octets > 0) this.#connection.directions[ORIGIN].insert(windowUpdateFrame(id, octets))
  }
}
