/**
 * PacedStream: stands before one socket of a faulted relay: what is written to it goes on when its pace lets it, and no further than
 * its cuts. What the socket receives passes as it comes. Worker thread.
 *
 *     relay ──write──▶ cuts ──▶ held pieces ──due──▶ socket          the relay itself knows nothing of faults, and a relay
 *     relay ◀────────────────data─────────────────── socket          without them nothing of this
 *
 * Held octets are bounded (`limits/relay-faults.ts`): beyond the bound a write is not taken, and the relay stops reading the other side.
 * Order is kept, ends included.
 */

import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Duplex } from 'node:stream'
import { HELD_BYTES, HELD_PIECES } from '../../shared/limits/relay-faults.ts'
import type { Side } from '../../shared/side.ts'
import type { OctetCut, OctetCuts } from './octet-cuts.ts'
import type { Pace } from './pace.ts'

/** What the streams of one relay share, and ask of it. */
export interface PacedRelay {
  readonly cuts: OctetCuts
  /** Octets are about to pass, in whichever direction: for the first time, or again. */
  onOctets(): void
  /** What came before the cut has been handed to the socket towards `side`. */
  onCut(side: Side, cut: OctetCut): void
  /** The sender of what goes towards `side` has ended, after a cut: nobody hears of it. */
  onUnheardEnd(side: Side): void
}

interface Held {
  readonly dueMs: number
  /** Octets to send, a cut to carry out, or the end. */
  readonly what: Buffer | OctetCut | (() => void)
}

type Done = (error?: Error | null) => void

export class PacedStream extends Duplex {
  readonly #socket: Socket
  readonly #side: Side
  readonly #pace: Pace
  readonly #relay: PacedRelay
  readonly #held: Held[] = []
  #heldBytes = 0
  /** Octets handed to the socket that it has not written yet. */
  #inFlight = 0
  /** No octet passes any more. */
  #isCut = false
  /** Nor does an end. */
  #isMute = false
  #timer: NodeJS.Timeout | undefined = undefined
  /** Tells the relay to go on writing. */
  #taken: Done | undefined = undefined
  /** Tells it that its end has gone. */
  #ended: Done | undefined = undefined

  constructor(socket: Socket, side: Side, pace: Pace, relay: PacedRelay) {
    super({ allowHalfOpen: true, writableHighWaterMark: HELD_BYTES })
    this.#socket = socket
    this.#side = side
    this.#pace = pace
    this.#relay = relay
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => void this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
    socket.on('drain', this.#advance)
    if (socket.errored !== null) this.destroy(socket.errored)
    else if (socket.closed) this.destroy()
  }

  /** Nothing passes from now on: neither what is held, nor what is written, nor its end. */
  mute(): void {
    this.#isCut = true
    this.#isMute = true
    this.#held.length = 0
    this.#heldBytes = 0
    this.#takeMore()
    const ended = this.#ended
    this.#ended = undefined
    ended?.()
  }

  /** Our FIN, in the place of everything that is still to come. */
  endEarly(): void {
    this.mute()
    this.#socket.end()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#relay.onOctets()
    this.#hold(chunk)
    if (this.#heldBytes <= HELD_BYTES && this.#held.length <= HELD_PIECES) done()
    else this.#taken = done
    this.#advance()
  }

  override _final(done: Done): void {
    if (this.#isMute) {
      this.#relay.onUnheardEnd(this.#side)
      done()
      return
    }
    this.#ended = done
    const end = () => {
      this.#ended = undefined
      this.#socket.end(() => done())
    }
    this.#held.push({ dueMs: this.#pace.endDueAt(performance.now()), what: end })
    this.#advance()
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer)
    this.#held.length = 0
    this.#socket.destroy()
    done(error)
  }

  /** Cuts `chunk` into pieces, each with its time. */
  #hold(chunk: Buffer): void {
    const { cuts } = this.#relay
    const readyMs = performance.now() + this.#pace.delay()
    for (let at = 0; at < chunk.length && !this.#isCut; ) {
      const end = at + (cuts.isEmpty ? chunk.length - at : cuts.pass(this.#side, chunk.length - at))
      while (at < end) {
        const piece = this.#pace.pieceBytes(end - at)
        this.#held.push({ dueMs: this.#pace.dueAt(piece, readyMs), what: chunk.subarray(at, at + piece) })
        at += piece
      }
      const cut = cuts.reached(this.#side)
      if (cut === undefined) continue
      this.#isCut = true
      this.#held.push({ dueMs: this.#pace.dueAt(0, readyMs), what: cut })
    }
    this.#heldBytes = this.#held.reduce((sum, { what }) => sum + (Buffer.isBuffer(what) ? what.length : 0), 0)
  }

  /** Hands on what is due; sets the alarm for what is not. */
  readonly #advance = (): void => {
    clearTimeout(this.#timer)
    const now = performance.now()
    for (let next = this.#held[0]; next !== undefined && next.dueMs <= now; next = this.#held[0]) {
      const { what } = next
      // What is not octets waits until the octets before it have left.
      if (this.#socket.writableNeedDrain || (!Buffer.isBuffer(what) && this.#inFlight > 0)) break
      // Taken before it is sent: a cut may come back here by what it does to the relay.
      this.#held.shift()
      this.#send(what)
    }
    const next = this.#held[0]
    if (next !== undefined && next.dueMs > now) this.#timer = setTimeout(this.#advance, next.dueMs - now)
    this.#takeMore()
  }

  #send(what: Held['what']): void {
    if (Buffer.isBuffer(what)) {
      this.#heldBytes -= what.length
      this.#inFlight += what.length
      this.#socket.write(what, () => {
        this.#inFlight -= what.length
        if (this.#inFlight === 0 && this.#held.length > 0) this.#advance()
      })
    } else if (typeof what === 'function') what()
    else this.#relay.onCut(this.#side, what)
  }

  #takeMore(): void {
    if (this.#taken === undefined || this.#heldBytes > HELD_BYTES / 2 || this.#held.length > HELD_PIECES / 2) return
    const taken = this.#taken
    this.#taken = undefined
    taken()
  }
}
