/**
 * Relay: moves bytes between the two sockets of a session and lets a layer see, and if need be change, every one of them
 * on the way. Worker thread; the hot loop of the engine.
 *
 *     client ──data──▶ layer.execute ──PASS──▶ origin.write(same chunk)
 *                            └───────PLANNED──▶ the plan's writes, ends, pauses, close
 *
 * Flow control is end to end: while one socket's buffer is full the other is not read, so memory per session is bounded by
 * two stream buffers whatever the bodies' sizes. Half-closes are kept. A reset on one side becomes a reset on the other.
 */

import { performance } from 'node:perf_hooks'
import type { CloseReason } from '../shared/events/close-reasons.ts'
import { CLIENT, ORIGIN, type Side } from '../shared/side.ts'
import { type Layer, type Outcome, PASS, PLANNED } from './layers/layer.ts'
import { Plan, type PlannedClose } from './layers/plan.ts'
import { RelayEnd } from './relay-end.ts'
import type { Endpoint, RelayHandler } from './relay-handler.ts'
import { afterResetGap } from './reset-gap.ts'

/** After the last byte of an orderly close of ours, how long the peer may take to close (RFC 9112 §9.6: lingering close). */
const LINGER_MS = 2_000

const NO_OCTETS = new Uint8Array(0)

export class Relay {
  readonly #client: RelayEnd
  #origin: RelayEnd
  readonly #layer: Layer
  readonly #handler: RelayHandler
  readonly #plan = new Plan()
  /** The layer has taken in the origin's end, and has yet to plan that of the client. */
  #clientEndsLater = false
  /** How the session ends as soon as nothing is under way. */
  #leaving: PlannedClose | undefined = undefined
  /** How it is ending: nothing is relayed any more. */
  #closing: PlannedClose | undefined = undefined
  /** The handler has been told the end. */
  #ended = false
  #linger: NodeJS.Timeout | undefined = undefined
  /** Until something that the layer holds is due. */
  #wake: NodeJS.Timeout | undefined = undefined
  #wakeAt = Number.POSITIVE_INFINITY

  constructor(client: Endpoint, origin: Endpoint, layer: Layer, handler: RelayHandler) {
    this.#client = new RelayEnd(CLIENT, client)
    this.#origin = new RelayEnd(ORIGIN, origin)
    this.#client.joinTo(this.#origin)
    this.#layer = layer
    this.#handler = handler
  }

  /** Plaintext octets received from each side. */
  get bytes(): readonly [client: number, origin: number] {
    return [this.#client.octets, this.#origin.octets]
  }

  /** Takes over both sockets. Bytes that were unshifted into them come out first. */
  start(): void {
    this.#listenTo(this.#client)
    this.#listenTo(this.#origin)
    this.#armWake()
    // Handed over paused, so that nothing is lost before both sides have their listeners.
    if (this.#client.isOver || this.#origin.isOver) setImmediate(() => this.#catchUp())
    else this.#readOnBoth()
  }

  /** Goes on after a layer's asynchronous verdict on what `side` sent. */
  resume(side: Side): void {
    if (this.#isOver) return
    const end = side === CLIENT ? this.#client : this.#origin
    end.isPaused = false
    if (this.#layer.resume(side, this.#plan) !== PASS) this.#carryOut(end)
    end.readOn()
  }

  /** Ends the session for a reason from outside, now: a deadline, a drain. */
  close(reason: CloseReason, detail: string): void {
    if (this.#ended) return
    this.#hasten(reason, detail)
    this.#client.destroy()
    this.#origin.destroy()
  }

  /** Ends it likewise, so that both peers see a reset. */
  reset(reason: CloseReason, detail: string): void {
    if (this.#ended) return
    this.#hasten(reason, detail)
    this.#client.reset()
    this.#origin.reset()
  }

  /** Ends the session for a reason from outside, in order: what was written reaches both peers, then our FIN. */
  finish(reason: CloseReason, detail: string): void {
    if (this.#isOver) return
    this.#closing = { reason, detail, abrupt: false }
    this.#client.finish()
    this.#origin.finish()
    this.#linger = setTimeout(() => {
      this.#client.destroy()
      this.#origin.destroy()
    }, LINGER_MS)
  }

  /** Ends the session for a reason from outside as soon as nothing is under way, so that no answer is lost by it. */
  leave(reason: CloseReason, detail: string): void {
    if (this.#isOver || this.#leaving !== undefined) return
    this.#leaving = { reason, detail, abrupt: false }
    this.#layer.leave?.(reason, detail, this.#plan)
    this.#carryOut(this.#origin)
    this.#leaveIfQuiet()
  }

  /** The session has ended, or is about to. */
  get #isOver(): boolean {
    return this.#ended || this.#closing !== undefined
  }

  #listenTo(end: RelayEnd): void {
    end.listen({
      data: (chunk) => this.#onData(end, chunk),
      end: () => this.#onEnd(end),
      error: (error) => this.#onError(end, error),
      close: () => this.#onClose(end),
    })
  }

  #readOnBoth(): void {
    this.#client.readOn()
    this.#origin.readOn()
  }

  /**
   * What happened between two stages is not told again. Not in the turn in which the relay starts: that may be inside of a handshake's
   * last SSL_read, and Node does not survive a TLS socket that is torn down there.
   */
  #catchUp(): void {
    for (const end of [this.#origin, this.#client]) {
      const { closed, errored, readableEnded } = end.stream
      if (errored !== null) this.#onError(end, errored)
      else if (readableEnded && !end.isFinished) this.#onEnd(end)
      if (closed) this.#onClose(end)
    }
    this.#readOnBoth()
  }

  #onData(end: RelayEnd, chunk: Buffer): void {
    if (this.#closing !== undefined) return
    end.octets += chunk.length
    this.#handler.onRelayActivity(end.side, chunk.length)
    if (this.#layer.execute(end.side, chunk, this.#plan) === PASS) {
      if (!end.peer.stream.write(chunk)) end.stream.pause()
    } else {
      this.#carryOut(end)
    }
    if (this.#leaving !== undefined) this.#leaveIfQuiet()
  }

  #onEnd(end: RelayEnd): void {
    end.isFinished = true
    if (this.#isOver || this.#reopensOrigin(end, 'end')) return
    if (end === this.#client && this.#giveOriginAway()) {
      end.stream.end()
      return
    }
    if (this.#finishLayer(end) === PASS) end.peer.stream.end()
    this.#endLeftClient()
  }

  #onError(end: RelayEnd, error: NodeJS.ErrnoException): void {
    if (this.#isOver || end.hasFailed || this.#reopensOrigin(end, error.code ?? error.message)) return
    end.hasFailed = true
    this.#handler.onRelayError(end.side, error)
    if (end === this.#origin && this.#layer.answerLost?.(this.#plan) === PLANNED) {
      this.#carryOut(end)
      return
    }
    if (end === this.#client) this.#giveOriginAway()
    this.#end(end === this.#client ? 'client_reset' : 'upstream_reset', error.code ?? error.message)
    end.peer.reset()
  }

  #onClose(end: RelayEnd): void {
    if (end.isClosed || (!this.#isOver && !end.isFinished && this.#reopensOrigin(end, 'close'))) return
    end.isClosed = true
    if (end.peer.isClosed) {
      clearTimeout(this.#linger)
      const { reason, detail } = this.#closing ?? { reason: 'relay_eof', detail: '' }
      this.#end(reason, detail)
      return
    }
    if (this.#isOver) return
    // Closed without an end and without an error: nothing more can pass in either direction, save what the layer holds.
    if (!end.isFinished) this.#finishLayer(end)
    if (this.#closing !== undefined) return
    if (end === this.#origin && this.#clientEndsLater) this.#endLeftClient()
    else end.peer.close()
  }

  /**
   * Whether `lost` was the origin's, and another connection takes its place, which is sent what this one has not answered. The client
   * sees nothing of it: it is as if that had been the first.
   */
  #reopensOrigin(lost: RelayEnd, loss: string): boolean {
    if (lost !== this.#origin || this.#client.isFinished || this.#client.stream.destroyed) return false
    const unanswered = this.#layer.takeUnanswered?.()
    if (unanswered === undefined) return false
    const octets = unanswered.reduce((sum, bytes) => sum + bytes.length, 0)
    const endpoint = this.#handler.reopenOrigin(octets, loss)
    if (endpoint === undefined) return false
    lost.discard()
    this.#origin = new RelayEnd(ORIGIN, endpoint)
    this.#client.joinTo(this.#origin)
    this.#listenTo(this.#origin)
    for (const bytes of unanswered) endpoint.stream.write(bytes)
    this.#readOnBoth()
    return true
  }

  /** Lets the handler have the origin's connection; the relay then goes on as if the origin had closed. */
  #giveOriginAway(): boolean {
    return this.#origin.letGo(() => this.#handler.takeOrigin())
  }

  /** Tells the layer that nothing more comes of `end`, and does what it plans. */
  #finishLayer(end: RelayEnd): Outcome {
    const outcome = this.#layer.finish(end.side, this.#plan)
    if (outcome === PASS) return PASS
    // What the layer still holds of the origin goes first; the end behind it is planned then.
    if (end === this.#origin) this.#clientEndsLater = !this.#plan.ends[CLIENT]
    this.#carryOut(end)
    return outcome
  }

  /** Does what the layer planned for something that `cause` sent. */
  #carryOut(cause: RelayEnd): void {
    const plan = this.#plan
    if (plan.ends[CLIENT]) this.#clientEndsLater = false
    this.#client.carryOut(plan, cause)
    this.#origin.carryOut(plan, cause)
    const { close } = plan
    plan.clear()
    if (close !== undefined) this.#closeAfterFlush(close)
    else this.#armWake()
  }

  #armWake(): void {
    const { wakeAt: at } = this.#layer
    if (at === undefined || at === this.#wakeAt) return
    clearTimeout(this.#wake)
    this.#wakeAt = at
    if (at !== Number.POSITIVE_INFINITY) this.#wake = setTimeout(() => this.#onWake(), Math.max(0, Math.ceil(at - performance.now())))
  }

  #onWake(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
    if (this.#isOver) return
    // The session's clock goes on: the layer measures by it.
    this.#handler.onRelayActivity(ORIGIN, 0)
    this.#layer.wake?.(this.#plan)
    this.#carryOut(this.#origin)
    this.#endLeftClient()
    this.#leaveIfQuiet()
  }

  /** Ends a client whose origin is gone, unless something can still let go what the layer holds: its time, or credit of the client. */
  #endLeftClient(): void {
    if (!this.#clientEndsLater || !this.#origin.isClosed || this.#isOver) return
    if (!this.#client.isFinished || Number.isFinite(this.#layer.wakeAt)) return
    this.#clientEndsLater = false
    this.#client.close()
  }

  /** Right behind an answer, where a client that has read it sees the end before it asks again. */
  #leaveIfQuiet(): void {
    if (this.#leaving === undefined || this.#layer.leave !== undefined || this.#isOver) return
    if (this.#handler.isQuiet) this.#closeAfterFlush(this.#leaving)
  }

  /** Our own orderly close: the client reads our last bytes, then both sockets go. */
  #closeAfterFlush(close: PlannedClose): void {
    this.#closing = close
    if (close.abrupt) {
      this.#resetAfterFlush(close)
      return
    }
    const { stream } = this.#client
    this.#origin.destroy()
    stream.resume()
    stream.end(() => {
      if (!stream.destroyed) this.#linger = setTimeout(() => stream.destroy(), LINGER_MS)
    })
  }

  /** A reset throws away what the system has not sent yet: what was planned before it goes first. */
  #resetAfterFlush({ reason, detail }: PlannedClose): void {
    const { stream } = this.#client
    const reset = () => this.reset(reason, detail)
    if ((stream.writableLength === 0 && this.#origin.octets === 0) || !stream.writable) {
      // Not from inside a read: Node 20 does not survive a socket that is reset beneath the TLS which is reading it.
      setImmediate(reset)
      return
    }
    stream.pause()
    this.#origin.stream.pause()
    this.#linger = setTimeout(reset, LINGER_MS)
    stream.write(NO_OCTETS, () => {
      clearTimeout(this.#linger)
      if (!this.#ended) this.#linger = afterResetGap(reset)
    })
  }

  /** A close that is under way keeps its reason. */
  #hasten(reason: CloseReason, detail: string): void {
    const { reason: ownReason, detail: ownDetail } = this.#closing ?? { reason, detail }
    this.#end(ownReason, ownDetail)
  }

  #end(reason: CloseReason, detail: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#wake)
    this.#layer.abort(reason)
    this.#handler.onRelayEnd(reason, detail)
  }
}
