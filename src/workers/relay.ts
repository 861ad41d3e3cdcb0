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
import type { Duplex } from 'node:stream'
import type { CloseReason } from '../shared/events/close-reasons.ts'
import { RESET_GAP_MS } from '../shared/limits/relay-faults.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../shared/side.ts'
import { type Resettable, resetNow } from '../shared/socket-handle.ts'
import { type Layer, type Outcome, PASS, PLANNED } from './layers/layer.ts'
import { Plan, type PlannedClose } from './layers/plan.ts'
import type { Endpoint, RelayHandler } from './relay-handler.ts'

/** After the last byte of an orderly close of ours, how long the peer may take to close (RFC 9112 §9.6: lingering close). */
const LINGER_MS = 2_000

const NO_OCTETS = new Uint8Array(0)

interface Listeners {
  readonly data: (chunk: Buffer) => void
  readonly end: () => void
  readonly drain: () => void
  readonly error: (error: NodeJS.ErrnoException) => void
  readonly close: () => void
}

export class Relay {
  readonly #streams: readonly [Duplex, Duplex]
  readonly #transports: readonly [Resettable, Resettable]
  readonly #layer: Layer
  readonly #handler: RelayHandler
  readonly #plan = new Plan()
  /** Plaintext octets received from each side. */
  readonly bytes: [number, number] = [0, 0]
  /** Sides that the layer has stopped. */
  readonly #paused: [boolean, boolean] = [false, false]
  /** Sides that have not yet read what their own bytes made us answer: more of them would pile up answers. */
  readonly #owing: [boolean, boolean] = [false, false]
  /** Sides whose FIN has come. */
  readonly #received: [boolean, boolean] = [false, false]
  readonly #closed: [boolean, boolean] = [false, false]
  /** Undefined once the origin's connection has been given away. */
  #originListeners: Listeners | undefined = undefined
  /** The layer has taken in the origin's end, and has yet to plan that of the client. */
  #clientEndsLater = false
  #closing: PlannedClose | undefined = undefined
  /** How the session ends as soon as nothing is under way. */
  #leaving: PlannedClose | undefined = undefined
  #ended = false
  #linger: NodeJS.Timeout | undefined = undefined
  /** Until something that the layer holds is due. */
  #wake: NodeJS.Timeout | undefined = undefined
  #wakeAt = Number.POSITIVE_INFINITY

  constructor(client: Endpoint, origin: Endpoint, layer: Layer, handler: RelayHandler) {
    this.#streams = [client.stream, origin.stream]
    this.#transports = [client.transport, origin.transport]
    this.#layer = layer
    this.#handler = handler
  }

  /** Takes over both sockets. Bytes that were unshifted into them come out first. */
  start(): void {
    this.#attach(CLIENT)
    this.#attach(ORIGIN)
    // Handed over paused, so that nothing is lost before both sides have their listeners.
    if (this.#streams.some(isOver)) setImmediate(() => this.#catchUp())
    else this.#readOnBoth()
  }

  #readOnBoth(): void {
    this.#readOn(CLIENT)
    this.#readOn(ORIGIN)
  }

  /**
   * What happened between two stages is not told again. Not in the turn in which the relay starts: that may be inside of a handshake's
   * last SSL_read, and Node does not survive a TLS socket that is torn down there.
   */
  #catchUp(): void {
    for (const side of [ORIGIN, CLIENT] as const) {
      const { closed, errored, readableEnded } = this.#streams[side]
      if (errored !== null) this.#onError(side, errored)
      else if (readableEnded && !this.#received[side]) this.#onEnd(side)
      if (closed) this.#onClose(side)
    }
    this.#readOnBoth()
  }

  /** Goes on after a layer's asynchronous verdict on what `side` sent. */
  resume(side: Side): void {
    if (this.#ended || this.#closing !== undefined) return
    this.#paused[side] = false
    if (this.#layer.resume(side, this.#plan) !== PASS) this.#carryOut(side)
    this.#readOn(side)
  }

  /** Ends the session for a reason from outside, now: a deadline, a drain. */
  close(reason: CloseReason, detail: string): void {
    if (this.#ended) return
    this.#hasten(reason, detail)
    this.#streams[CLIENT].destroy()
    if (this.#originListeners !== undefined) this.#streams[ORIGIN].destroy()
  }

  /** Ends it likewise, so that both peers see a reset. */
  reset(reason: CloseReason, detail: string): void {
    if (this.#ended) return
    this.#hasten(reason, detail)
    this.#reset(CLIENT)
    this.#reset(ORIGIN)
  }

  /** A close that is under way keeps its reason. */
  #hasten(reason: CloseReason, detail: string): void {
    const { reason: ownReason, detail: ownDetail } = this.#closing ?? { reason, detail }
    this.#end(ownReason, ownDetail)
  }

  /** Ends the session for a reason from outside, in order: what was written reaches both peers, then our FIN. */
  finish(reason: CloseReason, detail: string): void {
    if (this.#ended || this.#closing !== undefined) return
    this.#closing = { reason, detail, abrupt: false }
    for (const stream of this.#streams) {
      stream.resume()
      stream.end()
    }
    this.#linger = setTimeout(() => {
      for (const stream of this.#streams) stream.destroy()
    }, LINGER_MS)
  }

  /** Ends the session for a reason from outside as soon as nothing is under way, so that no answer is lost by it. */
  leave(reason: CloseReason, detail: string): void {
    if (this.#ended || this.#closing !== undefined || this.#leaving !== undefined) return
    this.#leaving = { reason, detail, abrupt: false }
    this.#layer.leave?.(reason, detail, this.#plan)
    this.#carryOut(ORIGIN)
    this.#leaveIfQuiet()
  }

  /** Right behind an answer, where a client that has read it sees the end before it asks again. */
  #leaveIfQuiet(): void {
    if (this.#leaving === undefined || this.#layer.leave !== undefined || this.#closing !== undefined || this.#ended) return
    if (this.#handler.isQuiet) this.#closeAfterFlush(this.#leaving)
  }

  #attach(side: Side): void {
    const stream = this.#streams[side]
    const peer = this.#streams[otherSide(side)]
    const listeners: Listeners = {
      data: (chunk) => this.#onData(side, stream, peer, chunk),
      end: () => this.#onEnd(side),
      drain: () => {
        this.#owing[side] = false
        this.#readOn(side)
        this.#readOn(otherSide(side))
      },
      error: (error) => this.#onError(side, error),
      close: () => this.#onClose(side),
    }
    stream.on('data', listeners.data).on('end', listeners.end).on('drain', listeners.drain)
    stream.on('error', listeners.error).on('close', listeners.close)
    if (side === ORIGIN) this.#originListeners = listeners
  }

  /** Reads from `side` again, unless something still stands against it. */
  #readOn(side: Side): void {
    if (this.#paused[side] || this.#owing[side] || this.#streams[otherSide(side)].writableNeedDrain) return
    this.#streams[side].resume()
  }

  /** Lets the handler have the origin's connection; the relay then goes on as if the origin had closed. */
  #giveOriginAway(): boolean {
    const origin = this.#streams[ORIGIN]
    const listeners = this.#originListeners
    if (listeners === undefined || this.#received[ORIGIN] || origin.destroyed || !origin.writable) return false
    if (origin.writableLength > 0 || origin.readableLength > 0) return false
    if (!this.#handler.takeOrigin()) return false
    origin.off('data', listeners.data).off('end', listeners.end).off('drain', listeners.drain)
    origin.off('error', listeners.error).off('close', listeners.close)
    this.#originListeners = undefined
    this.#closed[ORIGIN] = true
    return true
  }

  #onData(side: Side, stream: Duplex, peer: Duplex, chunk: Buffer): void {
    if (this.#closing !== undefined) return
    this.bytes[side] += chunk.length
    this.#handler.onRelayActivity(side, chunk.length)
    if (this.#layer.execute(side, chunk, this.#plan) === PASS) {
      if (!peer.write(chunk)) stream.pause()
    } else {
      this.#carryOut(side)
    }
    if (this.#leaving !== undefined) this.#leaveIfQuiet()
  }

  #onEnd(side: Side): void {
    this.#received[side] = true
    if (this.#ended || this.#closing !== undefined) return
    if (side === CLIENT && this.#giveOriginAway()) {
      this.#streams[CLIENT].end()
      return
    }
    if (this.#finishLayer(side) === PASS) this.#streams[otherSide(side)].end()
    this.#endLeftClient()
  }

  /** Tells the layer that nothing more comes of `side`, and does what it plans. */
  #finishLayer(side: Side): Outcome {
    const outcome = this.#layer.finish(side, this.#plan)
    if (outcome === PASS) return PASS
    // What the layer still holds of the origin goes first; the end behind it is planned then.
    if (side === ORIGIN) this.#clientEndsLater = !this.#plan.ends[CLIENT]
    this.#carryOut(side)
    return outcome
  }

  /** Does what the layer planned for something that `cause` sent. */
  #carryOut(cause: Side): void {
    const plan = this.#plan
    for (const side of [CLIENT, ORIGIN] as const) {
      const stream = this.#streams[side]
      if (plan.writes[side].length > 0 && stream.writable) this.#write(side, plan.writes[side], cause)
      if (plan.ends[side]) this.#endLater(side)
      if (plan.pauses[side]) {
        this.#paused[side] = true
        stream.pause()
      } else if (plan.unpauses[side]) {
        this.#paused[side] = false
        this.#readOn(side)
      }
    }
    const close = plan.close
    plan.clear()
    if (close !== undefined) this.#closeAfterFlush(close)
    else if (this.#layer.wakeAt !== undefined && this.#layer.wakeAt !== this.#wakeAt) this.#armWake(this.#layer.wakeAt)
  }

  /** The end that the layer has planned for `side`. */
  #endLater(side: Side): void {
    const stream = this.#streams[side]
    if (side === CLIENT) this.#clientEndsLater = false
    // Where the origin is gone altogether, nothing is left to come from the client either.
    if (side === CLIENT && this.#closed[ORIGIN]) stream.end(() => stream.destroy())
    else stream.end()
  }

  #armWake(at: number): void {
    clearTimeout(this.#wake)
    this.#wakeAt = at
    if (at !== Number.POSITIVE_INFINITY) this.#wake = setTimeout(() => this.#onWake(), Math.max(0, Math.ceil(at - performance.now())))
  }

  #onWake(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
    if (this.#ended || this.#closing !== undefined) return
    // The session's clock goes on: the layer measures by it.
    this.#handler.onRelayActivity(ORIGIN, 0)
    this.#layer.wake?.(this.#plan)
    this.#carryOut(ORIGIN)
    this.#endLeftClient()
    this.#leaveIfQuiet()
  }

  #write(side: Side, writes: readonly Uint8Array[], cause: Side): void {
    const stream = this.#streams[side]
    let room = true
    if (writes.length > 1) stream.cork()
    for (const bytes of writes) room = stream.write(bytes)
    if (writes.length > 1) stream.uncork()
    if (room) return
    this.#streams[otherSide(side)].pause()
    if (side !== cause) return
    this.#owing[side] = true
    stream.pause()
  }

  /** Our own orderly close: the client reads our last bytes, then both sockets go. */
  #closeAfterFlush(close: PlannedClose): void {
    const client = this.#streams[CLIENT]
    if (close.abrupt) {
      this.#closeAbruptly(client, close)
      return
    }
    this.#closing = close
    this.#streams[ORIGIN].destroy()
    client.resume()
    client.end(() => {
      if (!client.destroyed) this.#linger = setTimeout(() => client.destroy(), LINGER_MS)
    })
  }

  /** A reset throws away what the system has not sent yet: what was planned before it goes first. */
  #closeAbruptly(client: Duplex, close: PlannedClose): void {
    const reset = () => this.reset(close.reason, close.detail)
    this.#closing = close
    if ((client.writableLength === 0 && this.bytes[ORIGIN] === 0) || !client.writable) {
      // Not from inside a read: Node 20 does not survive a socket that is reset beneath the TLS which is reading it.
      setImmediate(reset)
      return
    }
    client.pause()
    this.#streams[ORIGIN].pause()
    this.#linger = setTimeout(reset, LINGER_MS)
    client.write(NO_OCTETS, () => {
      clearTimeout(this.#linger)
      if (!this.#ended) this.#linger = setTimeout(reset, RESET_GAP_MS)
    })
  }

  #onError(side: Side, error: NodeJS.ErrnoException): void {
    if (this.#ended || this.#closing !== undefined) return
    this.#handler.onRelayError(side, error)
    if (side === ORIGIN && this.#layer.answerLost?.(this.#plan) === PLANNED) {
      this.#carryOut(ORIGIN)
      return
    }
    if (side === CLIENT) this.#giveOriginAway()
    this.#end(side === CLIENT ? 'client_reset' : 'upstream_reset', error.code ?? error.message)
    this.#reset(otherSide(side))
  }

  #onClose(side: Side): void {
    if (this.#closed[side]) return
    this.#closed[side] = true
    if (this.#closed[otherSide(side)]) {
      clearTimeout(this.#linger)
      const close = this.#closing
      if (close !== undefined) this.#end(close.reason, close.detail)
      else this.#end('relay_eof', '')
      return
    }
    if (this.#closing !== undefined || this.#ended) return
    // Closed without an end and without an error: nothing more can pass in either direction, save what the layer holds.
    if (!this.#received[side]) this.#finishLayer(side)
    if (this.#closing !== undefined) return
    if (side === ORIGIN && this.#clientEndsLater) this.#endLeftClient()
    else this.#endPeerOf(side)
  }

  /** Ends a client whose origin is gone, unless something can still let go what the layer holds: its time, or credit of the client. */
  #endLeftClient(): void {
    if (!this.#clientEndsLater || !this.#closed[ORIGIN] || this.#closing !== undefined || this.#ended) return
    if (!this.#received[CLIENT] || Number.isFinite(this.#layer.wakeAt)) return
    this.#clientEndsLater = false
    this.#endPeerOf(ORIGIN)
  }

  #endPeerOf(side: Side): void {
    const peer = this.#streams[otherSide(side)]
    // Told to an end that has been sent, Node makes an error of it, with its stack.
    if (peer.writableFinished || peer.destroyed) peer.destroy()
    else peer.end(() => peer.destroy())
  }

  #reset(side: Side): void {
    if (side === ORIGIN && this.#originListeners === undefined) return
    resetNow(this.#transports[side], this.#streams[side])
    this.#streams[side].destroy()
  }

  #end(reason: CloseReason, detail: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#wake)
    this.#layer.abort(reason)
    this.#handler.onRelayEnd(reason, detail)
  }
}

/** Whether something has come of `stream` that it will not tell again. */
function isOver({ closed, errored, readableEnded }: Duplex): boolean {
  return closed || errored !== null || readableEnded
}
