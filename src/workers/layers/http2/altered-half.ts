/**
 * AlteredHalf: what one side sends on one stream, where a handler edits it: its DATA ends here, and frames of our own take its
 * place, within the receiver's windows. Other streams go on. Worker thread. RFC 9113 §5.2, §6.9, §8.1.
 *
 *     sender ──DATA──▶ edit ──▶ outlet (time, room) ──DATA of ours──▶ receiver
 *                 ◀── credit ──┘                  └── debt: the receiver's next credit is not passed on
 *
 * **Connection**: what a frame took of the sender's window and did not go on at once is given back when the frame is over, so that
 * held octets starve nobody. What goes later is a debt of the direction, as answers of ours are.
 * **Stream**: what was taken is given back once nothing is held, so that a sender whose octets wait is stopped by its window.
 */

import { CLIENT, ORIGIN, otherSide, type Side } from '../../../shared/side.ts'
import { CANCEL, INTERNAL_ERROR } from '../../../shared/violations/http2.ts'
import type { BodyEdit } from '../http/body-mutator.ts'
import { BodyOutlet, type OutletTarget } from '../http/body-outlet.ts'
import { trailerFields } from '../http1/head/trailer-fields.ts'
import type { Connection } from './connection.ts'
import type { Direction } from './direction.ts'
import { END_STREAM, MAX_FRAME_SIZE_DEFAULT } from './frames/frame-types.ts'
import { dataFrame, rstStreamFrame, windowUpdateFrame } from './frames/synthesis.ts'
import { insertHead, insertPlainTrailers, insertTrailers } from './head/block-writer.ts'
import type { DecodedHead } from './head/decoded-head.ts'
import type { PendingHead } from './head/pending-head.ts'
import type { EditedHalf, Http2Stream } from './http2-stream.ts'
import { ENDED } from './stream-states.ts'

const NO_OCTETS = new Uint8Array(0)
/** Stands in the outlet for the head, which is encoded when it goes. */
const HEAD_MARK = Uint8Array.of(0)
const REASON = 'fault_injected'

export class AlteredHalf implements EditedHalf, OutletTarget {
  readonly side: Side
  readonly stream: Http2Stream
  readonly outlet: BodyOutlet
  readonly #connection: Connection
  readonly #direction: Direction
  /** A head that waits, and the trailers behind the body. */
  #head: { readonly pending: PendingHead; readonly plain: Uint8Array | undefined; readonly ends: boolean } | undefined = undefined
  #trailers: DecodedHead | undefined = undefined
  /** Octets of the frame in hand that have not gone on. */
  #taken = 0
  /** Octets of the sender's stream window that are to be given back; below 0: that the receiver's credit has to repay. */
  #balance = 0
  #hasEnded = false
  /** END_STREAM stands on the head. */
  #endsWithHead = false

  constructor(connection: Connection, stream: Http2Stream, side: Side, edit: BodyEdit) {
    this.side = side
    this.stream = stream
    this.outlet = new BodyOutlet(edit)
    this.#connection = connection
    this.#direction = connection.directions[side]
  }

  get room(): number {
    const { window, initialWindow } = this.#direction
    return Math.min(window, initialWindow + this.stream.credit[this.side])
  }

  /** The head, whose block has been withheld, goes after `delayMs`, or in the form `plain` if there is one. */
  holdHead(pending: PendingHead, plain: Uint8Array | undefined, ends: boolean, delayMs: number): void {
    this.#head = { pending, plain, ends }
    this.outlet.delayFrom(this.#connection.now(), delayMs)
    this.outlet.writeRaw(HEAD_MARK)
    if (ends) this.outlet.finishWithoutBody()
  }

  /** A DATA frame of `length` flow-controlled octets has come. */
  take(length: number): void {
    this.#taken += length
    this.#balance += length
  }

  execute(bytes: Uint8Array): void {
    this.outlet.execute(bytes, this.#connection.now())
    this.drain()
  }

  /** The sender has ended its half, with trailers where it sent some. */
  finish(trailers: DecodedHead | undefined): void {
    const { side, stream } = this
    stream.states[side] = ENDED
    this.#trailers = trailers
    if (this.#hasEnded) {
      // By the edit's will, before: only a request's half is still open then.
      if (stream.open) this.#connection.endHalf(side, stream)
      return
    }
    this.outlet.finish(this.#connection.now(), undefined)
    this.drain()
  }

  drain(): void {
    this.outlet.drain(this.#connection.now(), this)
    this.outlet.keep()
    this.#giveStreamBack()
  }

  /** The frame in hand is over: what did not go on is given back on the connection. */
  giveBack(): void {
    if (this.#taken > 0) this.#towardsSender.insert(windowUpdateFrame(0, this.#taken))
    this.#taken = 0
    this.#giveStreamBack()
  }

  /** How much of the receiver's credit for the stream the sender may have. */
  repay(increment: number): number {
    const repaid = Math.min(increment, Math.max(0, -this.#balance))
    this.#balance += repaid
    return increment - repaid
  }

  send(bytes: Uint8Array): void {
    const { stream, side } = this
    const direction = this.#direction
    this.#tell(bytes)
    for (let at = 0; at < bytes.length; at += MAX_FRAME_SIZE_DEFAULT)
      direction.insert(dataFrame(stream.id, bytes.subarray(at, at + MAX_FRAME_SIZE_DEFAULT), false))
    const paid = Math.min(this.#taken, bytes.length)
    this.#taken -= paid
    this.#balance -= bytes.length
    direction.debt += bytes.length - paid
    direction.window -= bytes.length
    stream.credit[side] -= bytes.length
    this.#towardsSender.flood.onPeerData(bytes.length)
    if (side === ORIGIN) this.#connection.noteWindow(stream)
  }

  /** The first are the head; HTTP/2 has no framing that could be broken. */
  sendRaw(): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    insertHead(this.#direction, head.pending, head.plain, head.ends ? END_STREAM : 0)
    this.#endsWithHead = head.ends
  }

  end(trailers: Uint8Array | undefined, early: boolean): void {
    const { side, stream } = this
    const { handler } = this.#connection
    this.#hasEnded = true
    // An early end has none but its own, though the sender's may have come meanwhile.
    const own = early ? undefined : this.#trailers
    const fields = trailers === undefined ? own?.head.fields : trailerFields(trailers)
    if (fields !== undefined && side === CLIENT) handler.onRequestTrailers(stream.id, fields)
    else if (fields !== undefined) handler.onResponseTrailers(stream.id, fields)
    if (own !== undefined) {
      insertTrailers(this.#direction, stream.id, own.list)
    } else if (trailers !== undefined) {
      insertPlainTrailers(this.#direction, stream.id, trailers)
    } else if (!this.#endsWithHead) {
      this.#direction.insert(dataFrame(stream.id, NO_OCTETS, true))
    }
    if (!early) this.#connection.endHalf(side, stream)
    else this.#endEarly()
  }

  /** RST_STREAM to both: what they still send is swallowed. */
  cut(_how: 'fin' | 'reset', code = INTERNAL_ERROR): void {
    this.#connection.resetStream(this.stream, code, CANCEL, REASON)
  }

  /**
   * The receiver has all of it, the sender goes on. A response: the origin is told to stop (CANCEL), and what a client still sends
   * is for nobody. A request: its answer is still to come, so that the rest is swallowed.
   */
  #endEarly(): void {
    const { side, stream } = this
    stream.reason = REASON
    if (side === CLIENT) return
    const connection = this.#connection
    connection.handler.onResponseEnd(stream.id)
    if (stream.states[ORIGIN] !== ENDED || stream.states[CLIENT] !== ENDED) {
      connection.directions[CLIENT].insert(rstStreamFrame(stream.id, CANCEL))
      connection.bury(ORIGIN, stream.id)
    }
    if (stream.states[CLIENT] !== ENDED) connection.endRequest(stream)
    connection.endStream(stream, REASON)
  }

  #tell(bytes: Uint8Array): void {
    const { side, stream } = this
    if (stream.upgraded) stream.observer?.execute(side, bytes)
    else if (side === CLIENT) this.#connection.handler.onRequestBody(stream.id, bytes)
    else this.#connection.handler.onResponseBody(stream.id, bytes)
  }

  /** A sender that has ended, or whose stream is gone, needs no credit. */
  #giveStreamBack(): void {
    const { side, stream } = this
    if (this.#balance <= 0 || this.outlet.isHeld || this.#taken > 0) return
    if (stream.states[side] !== ENDED && this.#connection.streams.get(stream.id) === stream)
      this.#towardsSender.insert(windowUpdateFrame(stream.id, this.#balance))
    this.#balance = 0
  }

  get #towardsSender(): Direction {
    return this.#connection.directions[otherSide(this.side)]
  }
}
