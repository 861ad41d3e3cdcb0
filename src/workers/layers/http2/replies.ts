/**
 * Replies: answers of our own on streams of the client (RFC 9113 §8.1), within the client's windows. Worker thread.
 *
 * The origin does not know that octets of ours have used some of the connection's window: they are a **debt**. The client's
 * next credit repays it, that is, it is not passed on to the origin. Until then the origin may send more than the client takes;
 * such a frame is held, and the direction with it, which is bounded by the debt (`Direction.debt`).
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { SYNTHESISED_BYTES } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import { CANCEL, INTERNAL_ERROR } from '../../../shared/violations/http2.ts'
import type { Connection } from './connection.ts'
import { END_STREAM, MAX_FRAME_SIZE_DEFAULT } from './frames/frame-types.ts'
import { OctetWriter } from './frames/octet-writer.ts'
import { dataFrame, headersFrames, rstStreamFrame } from './frames/synthesis.ts'
import { PlainMessage } from './head/plain-message.ts'
import type { Http2Stream } from './http2-stream.ts'
import { ENDED, HEAD } from './stream-states.ts'

const STATUS_NAME = Buffer.from(':status')
const NO_OCTETS = new Uint8Array(0)

export class Replies {
  readonly #connection: Connection
  readonly #unfinished = new Set<Http2Stream>()
  /** Answers whose time has not come. */
  readonly #waiting = new Map<Http2Stream, { readonly response: Uint8Array; readonly at: number }>()
  #queuedBytes = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * Answers `stream` with `response` (HTTP/1.1 form), after `delayMs`. An origin that has begun to answer is told to forget the stream;
   * before, it does not know of it, or is gone.
   */
  answer(stream: Http2Stream, response: Uint8Array, reason: CloseReason, delayMs = 0): void {
    if (stream.states[ORIGIN] !== HEAD) this.#cancelAtOrigin(stream)
    stream.answered = true
    // What of its request still waits is not for the origin any more.
    for (const half of stream.altered) if (half !== undefined) this.#connection.halves.forget(half)
    stream.reason = reason
    if (delayMs > 0) this.#waiting.set(stream, { response, at: this.#connection.now() + delayMs })
    else this.#begin(stream, response)
  }

  /** When an answer that waits is due; Infinity: none does. */
  get wakeAt(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const { at } of this.#waiting.values()) earliest = Math.min(earliest, at)
    return earliest
  }

  /** Answers wait, for their time or for credit of the client. */
  get areOwed(): boolean {
    return this.#waiting.size > 0 || this.#unfinished.size > 0
  }

  wake(): void {
    const now = this.#connection.now()
    for (const [stream, { response, at }] of this.#waiting) {
      if (at > now) continue
      this.#waiting.delete(stream)
      if (this.#isOpen(stream)) this.#begin(stream, response)
    }
  }

  /** A stream error may have ended it meanwhile. */
  #isOpen(stream: Http2Stream): boolean {
    return this.#connection.streams.get(stream.id) === stream
  }

  #begin(stream: Http2Stream, response: Uint8Array): void {
    const connection = this.#connection
    const message = new PlainMessage(response)
    const body = stream.isHead ? NO_OCTETS : message.body
    connection.handler.onReply?.(stream.id, message.sentHead)
    this.#writeHead(stream.id, message, body.length === 0)
    if (body.length === 0) {
      this.#complete(stream)
      return
    }
    if (this.#queuedBytes + body.length > SYNTHESISED_BYTES) {
      connection.directions[ORIGIN].insert(rstStreamFrame(stream.id, INTERNAL_ERROR))
      connection.bury(CLIENT, stream.id)
      connection.endStream(stream, stream.reason ?? 'completed')
      return
    }
    stream.reply = body
    this.#queuedBytes += body.length
    this.#unfinished.add(stream)
    this.#write(stream)
  }

  /** The client has given credit: writes what waits for it. */
  onCredit(): void {
    for (const stream of this.#unfinished) {
      if (this.#isOpen(stream)) this.#write(stream)
      else this.forget(stream)
    }
  }

  /** The stream is gone by the client's doing. */
  forget(stream: Http2Stream): void {
    this.#waiting.delete(stream)
    if (!this.#unfinished.delete(stream)) return
    this.#queuedBytes -= stream.reply?.length ?? 0
    stream.reply = undefined
  }

  #cancelAtOrigin(stream: Http2Stream): void {
    const connection = this.#connection
    if (stream.states[CLIENT] === ENDED && stream.states[ORIGIN] === ENDED) return
    connection.directions[CLIENT].insert(rstStreamFrame(stream.id, CANCEL))
    if (stream.states[ORIGIN] !== ENDED) connection.bury(ORIGIN, stream.id)
  }

  #writeHead(id: number, message: PlainMessage, ends: boolean): void {
    const towardsClient = this.#connection.directions[ORIGIN]
    const block = new OctetWriter()
    const encoder = towardsClient.beginBlock(block)
    encoder.field(block, STATUS_NAME, Buffer.from(message.status, 'latin1'), 0, false)
    for (const { name, value, number } of message.fields) encoder.field(block, name, value, number, false)
    towardsClient.insert(headersFrames(id, ends ? END_STREAM : 0, NO_OCTETS, block.view()))
  }

  /** Writes as much of the body as both windows allow. */
  #write(stream: Http2Stream): void {
    const towardsClient = this.#connection.directions[ORIGIN]
    for (let reply = stream.reply; reply !== undefined; reply = stream.reply) {
      const room = Math.min(towardsClient.window, towardsClient.initialWindow + stream.credit[ORIGIN], MAX_FRAME_SIZE_DEFAULT)
      if (room <= 0) return
      const octets = reply.subarray(0, room)
      const ends = octets.length === reply.length
      towardsClient.insert(dataFrame(stream.id, octets, ends))
      towardsClient.window -= octets.length
      stream.credit[ORIGIN] -= octets.length
      towardsClient.debt += octets.length
      this.#queuedBytes -= octets.length
      stream.reply = ends ? undefined : reply.subarray(octets.length)
      if (ends) this.#complete(stream)
    }
  }

  #complete(stream: Http2Stream): void {
    this.#unfinished.delete(stream)
    this.#connection.endRequest(stream)
    this.#connection.endStream(stream, stream.reason ?? 'completed')
  }
}
