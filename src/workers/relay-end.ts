/**
 * RelayEnd: one of the two ends of a relay: its stream, what has come of it, and what stands against reading it. The relay decides what
 * happens, an end does its half of it. Worker thread.
 */

import type { Duplex } from 'node:stream'
import { CLIENT, type Side } from '../shared/side.ts'
import { type Resettable, resetNow } from '../shared/socket-handle.ts'
import type { Plan } from './layers/plan.ts'
import type { Endpoint } from './relay-handler.ts'

/** What a relay listens to at its ends. */
export interface EndListeners {
  readonly data: (chunk: Buffer) => void
  readonly end: () => void
  readonly error: (error: NodeJS.ErrnoException) => void
  readonly close: () => void
}

export class RelayEnd {
  readonly side: Side
  readonly stream: Duplex
  readonly #transport: Resettable
  /** The end on the other side; itself until they are joined. */
  peer: RelayEnd = this
  /** Plaintext octets received. */
  octets = 0
  /** Its FIN has come. */
  isFinished = false
  isClosed = false
  /** Its error has come: what went wrong before anybody listened may be told once more. */
  hasFailed = false
  /** The connection is not ours any more, and is not touched. */
  isLetGo = false
  /** The layer has stopped it. */
  isPaused = false
  /** It has not yet read what its own bytes made us answer: more of them would pile up answers. */
  #isOwing = false
  #listeners: EndListeners | undefined = undefined

  constructor(side: Side, { stream, transport }: Endpoint) {
    this.side = side
    this.stream = stream
    this.#transport = transport
  }

  joinTo(peer: RelayEnd): void {
    this.peer = peer
    peer.peer = this
  }

  listen(listeners: EndListeners): void {
    this.#listeners = listeners
    this.stream.on('data', listeners.data).on('end', listeners.end).on('drain', this.#onDrain)
    this.stream.on('error', listeners.error).on('close', listeners.close)
  }

  /** Gives the connection away as it is, open and without a listener of ours, if `take` wants it; never while something is under way on it. */
  letGo(take: () => boolean): boolean {
    const { stream } = this
    if (this.isLetGo || this.isFinished || stream.destroyed || !stream.writable) return false
    if (stream.writableLength > 0 || stream.readableLength > 0) return false
    if (!take()) return false
    this.#leave()
    return true
  }

  /** Throws the connection away: another takes its place. */
  discard(): void {
    this.#leave()
    this.stream.on('error', ignore).destroy()
  }

  /** Whether something has come of the stream before anybody listened, which it will not tell again. */
  get isOver(): boolean {
    const { closed, errored, readableEnded } = this.stream
    return closed || errored !== null || readableEnded
  }

  /** Reads again, unless something still stands against it. */
  readOn(): void {
    if (this.isPaused || this.#isOwing || this.isLetGo || this.peer.stream.writableNeedDrain) return
    this.stream.resume()
  }

  /** Its part of what the layer planned for something that `cause` sent. */
  carryOut(plan: Plan, cause: RelayEnd): void {
    const { side, stream } = this
    if (plan.writes[side].length > 0 && stream.writable) this.#write(plan.writes[side], cause)
    if (plan.ends[side]) this.#end()
    if (plan.pauses[side]) {
      this.isPaused = true
      stream.pause()
    } else if (plan.unpauses[side]) {
      this.isPaused = false
      this.readOn()
    }
  }

  /** Closes in order: what was written goes first, and then our FIN. */
  close(): void {
    const { stream } = this
    // Told to an end that has been sent, Node makes an error of it, with its stack.
    if (stream.writableFinished || stream.destroyed) stream.destroy()
    else stream.end(() => stream.destroy())
  }

  /** Sends our FIN, and reads what still comes until the peer's. */
  finish(): void {
    if (this.isLetGo) return
    this.stream.resume()
    this.stream.end()
  }

  /** Closes now. */
  destroy(): void {
    if (!this.isLetGo) this.stream.destroy()
  }

  /** Closes now, so that the peer sees a reset. */
  reset(): void {
    if (this.isLetGo) return
    resetNow(this.#transport, this.stream)
    this.stream.destroy()
  }

  #leave(): void {
    const { stream } = this
    const listeners = this.#listeners
    this.#listeners = undefined
    this.isClosed = this.isLetGo = true
    if (listeners === undefined) return
    stream.off('data', listeners.data).off('end', listeners.end).off('drain', this.#onDrain)
    stream.off('error', listeners.error).off('close', listeners.close)
  }

  /** Full, it stops whoever fills it: the other end, and itself where these are answers to its own bytes. */
  #write(writes: readonly Uint8Array[], cause: RelayEnd): void {
    const { stream } = this
    let room = true
    if (writes.length > 1) stream.cork()
    for (const bytes of writes) room = stream.write(bytes)
    if (writes.length > 1) stream.uncork()
    if (room) return
    this.peer.stream.pause()
    if (cause !== this) return
    this.#isOwing = true
    stream.pause()
  }

  #end(): void {
    // Where the origin is gone altogether, nothing is left to come from the client either.
    if (this.side === CLIENT && this.peer.isClosed) this.close()
    else this.stream.end()
  }

  readonly #onDrain = (): void => {
    this.#isOwing = false
    this.readOn()
    this.peer.readOn()
  }
}

function ignore(): void {}
