/**
 * PacedStream: stands before one socket of a faulted relay: what is written to it goes on when its pace lets it, and no further than
 * its cuts. What the socket receives passes as it comes. Worker thread.
 *
 *     relay ──write──▶ cuts ──▶ held chunks ──due, in pieces──▶ socket          the relay itself knows nothing of faults, and a
 *     relay ◀──────────────────────data─────────────────────── socket          relay without them nothing of this
 *
 * Held octets are bounded (`limits/relay-faults.ts`): beyond the bound a write is not taken, and the relay stops reading the other side.
 * Order is kept, ends included. A turn sends so many pieces and no more: other connections have theirs in between.
 */

import { performance } from 'node:perf_hooks'
import { Duplex } from 'node:stream'
import { HELD_BYTES, HELD_CHUNKS, PIECES_PER_TURN } from '../../shared/limits/relay-faults.ts'
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
  /** When its own delay is over. */
  readonly readyMs: number
  /** Octets to send, a cut to carry out, or the end. */
  readonly what: Buffer | OctetCut | (() => void)
}

/** What goes next of the first that is held. */
interface Piece {
  readonly what: Held['what']
  readonly dueMs: number
}

type Done = (error?: Error | null) => void

export class PacedStream extends Duplex {
  readonly #socket: Duplex
  readonly #side: Side
  readonly #pace: Pace
  readonly #relay: PacedRelay
  readonly #held: Held[] = []
  #heldBytes = 0
  /** Octets of the first that is held which have gone. */
  #sentOfFirst = 0
  #next: Piece | undefined = undefined
  /** Octets handed to the socket that it has not written yet. */
  #inFlight = 0
  /** No octet passes any more. */
  #isCut = false
  /** Nor does an end. */
  #isMute = false
  #timer: NodeJS.Timeout | undefined = undefined
  #nextTurn: NodeJS.Immediate | undefined = undefined
  /** Tells the relay to go on writing. */
  #taken: Done | undefined = undefined
  /** Tells it that its end has gone. */
  #ended: Done | undefined = undefined

  constructor(socket: Duplex, side: Side, pace: Pace, relay: PacedRelay) {
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
    this.#dropHeld()
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
    if (this.#heldBytes <= HELD_BYTES && this.#held.length <= HELD_CHUNKS) done()
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
    this.#held.push({ readyMs: performance.now(), what: end })
    this.#advance()
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer)
    this.#dropHeld()
    this.#socket.destroy()
    done(error)
  }

  /** Holds what the cuts let pass of `chunk`, and the cut behind it. */
  #hold(chunk: Buffer): void {
    const { cuts } = this.#relay
    const readyMs = performance.now() + this.#pace.delay()
    for (let at = 0; at < chunk.length && !this.#isCut; ) {
      const bytes = cuts.isEmpty ? chunk.length - at : cuts.pass(this.#side, chunk.length - at)
      if (bytes > 0) this.#held.push({ readyMs, what: chunk.subarray(at, at + bytes) })
      this.#heldBytes += bytes
      at += bytes
      const cut = cuts.reached(this.#side)
      if (cut === undefined) continue
      this.#isCut = true
      this.#held.push({ readyMs, what: cut })
    }
  }

  #dropHeld(): void {
    clearImmediate(this.#nextTurn)
    this.#nextTurn = undefined
    this.#held.length = 0
    this.#heldBytes = 0
    this.#sentOfFirst = 0
    this.#next = undefined
  }

  /** Cuts the next piece, and says when it is due: once for each. */
  #piece(): Piece | undefined {
    const [first] = this.#held
    if (this.#next !== undefined || first === undefined) return this.#next
    const { readyMs, what } = first
    if (Buffer.isBuffer(what)) {
      const left = what.length - this.#sentOfFirst
      const bytes = this.#pace.pieceBytes(left)
      const piece = what.subarray(this.#sentOfFirst, this.#sentOfFirst + bytes)
      this.#next = { what: piece, dueMs: this.#pace.dueAt(bytes, readyMs) }
    } else {
      this.#next = { what, dueMs: typeof what === 'function' ? this.#pace.endDueAt(readyMs) : this.#pace.dueAt(0, readyMs) }
    }
    return this.#next
  }

  /** Hands on what is due; sets the alarm for what is not. */
  readonly #advance = (): void => {
    if (this.#nextTurn !== undefined) return
    clearTimeout(this.#timer)
    const now = performance.now()
    let sent = 0
    let next = this.#piece()
    for (; next !== undefined && next.dueMs <= now; next = this.#piece()) {
      const { what } = next
      // What is not octets waits until the octets before it have left.
      if (this.#socket.writableNeedDrain || (!Buffer.isBuffer(what) && this.#inFlight > 0)) break
      if (sent++ === PIECES_PER_TURN) {
        this.#nextTurn = setImmediate(this.#onTurn)
        break
      }
      // Taken before it is sent: a cut may come back here by what it does to the relay.
      this.#take(what)
      if (Buffer.isBuffer(what)) this.#pace.onSent(now)
      this.#send(what)
    }
    if (next !== undefined && next.dueMs > now) this.#timer = setTimeout(this.#advance, next.dueMs - now)
    this.#takeMore()
  }

  readonly #onTurn = (): void => {
    this.#nextTurn = undefined
    this.#advance()
  }

  #take(what: Held['what']): void {
    this.#next = undefined
    const first = this.#held[0]?.what
    if (Buffer.isBuffer(what) && Buffer.isBuffer(first)) {
      this.#sentOfFirst += what.length
      this.#heldBytes -= what.length
      if (this.#sentOfFirst < first.length) return
    }
    this.#held.shift()
    this.#sentOfFirst = 0
  }

  #send(what: Held['what']): void {
    if (Buffer.isBuffer(what)) {
      this.#inFlight += what.length
      this.#socket.write(what, () => {
        this.#inFlight -= what.length
        if (this.#inFlight === 0 && this.#held.length > 0) this.#advance()
      })
    } else if (typeof what === 'function') what()
    else this.#relay.onCut(this.#side, what)
  }

  #takeMore(): void {
    if (this.#taken === undefined || this.#heldBytes > HELD_BYTES / 2 || this.#held.length > HELD_CHUNKS / 2) return
    const taken = this.#taken
    this.#taken = undefined
    taken()
  }
}
