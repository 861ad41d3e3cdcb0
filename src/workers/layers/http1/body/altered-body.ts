/**
 * AlteredBody: the body of one HTTP/1.1 message that a handler edits, on its way out: the head that says how it is framed, the
 * framing, and what its end means for the connection. Worker thread. RFC 9112 §6, §7.1.
 *
 *     as it came          as it goes
 *     Content-Length  ──▶ chunked; without chunks (HTTP/1.0) until the close; as it came where the edit keeps its length
 *     chunked         ──▶ chunked, in chunks of our own
 *     until the close ──▶ until the close
 *     none            ──▶ only the head may be delayed
 */

import { DRAIN_BYTES, DRAIN_MS } from '../../../../shared/limits/faults.ts'
import type { BodyEdit } from '../../http/body-mutator.ts'
import { BodyOutlet, type OutletTarget } from '../../http/body-outlet.ts'
import type { BodyFraming } from '../../http/message-head.ts'
import { chunkedHead, closingHead } from '../head/reframed-head.ts'

/** The message that the body belongs to. */
export interface AlteredMessage {
  /** Sends octets to the other side. */
  send(octets: Uint8Array): void
  tellSent(bytes: Uint8Array): void
  /** Field lines, each with its CRLF. */
  tellSentTrailers(lines: Uint8Array): void
  /** The end was not the sender's: the exchange says so. */
  endedByFault(): void
  /** The connection ends once the exchange is over. */
  closesAfter(): void
  /** Nothing can follow on this connection: it ends here. */
  cutOff(how: 'fin' | 'reset'): void
}

const CRLF = Buffer.from('\r\n', 'latin1')
const LAST_CHUNK = Buffer.from('0\r\n', 'latin1')

export class AlteredBody implements OutletTarget {
  /** TCP holds the sender back where the receiver does not read. */
  readonly room = Number.POSITIVE_INFINITY
  readonly outlet: BodyOutlet
  readonly #message: AlteredMessage
  readonly #framing: BodyFraming
  /** The body ends with the connection, though it did not come so. */
  readonly #closes: boolean
  readonly #head: Uint8Array
  /** Of a body that keeps its length: octets announced and not sent. */
  #left: number
  /** After an early end: octets dropped since, and until when the rest may take. */
  #dropped = 0
  #drainUntil = Number.POSITIVE_INFINITY
  #now = 0

  /** `mayChunk`: both ends speak HTTP/1.1. */
  constructor(edit: BodyEdit, message: AlteredMessage, head: Uint8Array, framing: BodyFraming, length: number, mayChunk: boolean) {
    this.outlet = new BodyOutlet(edit)
    this.#message = message
    this.#left = length
    const reframed = framing === 'length' && !edit.keepsLength
    this.#closes = reframed && !mayChunk
    if (!reframed) {
      this.#framing = framing
      this.#head = head
    } else {
      this.#framing = mayChunk ? 'chunked' : 'close'
      this.#head = mayChunk ? chunkedHead(head) : closingHead(head)
    }
  }

  /** When `wake` has something to do; Infinity: never. */
  get wakeAt(): number {
    return Math.min(this.outlet.wakeAt, this.#drainUntil)
  }

  /** Sends the head, after its delay. */
  begin(now: number, delayMs: number): void {
    if (delayMs > 0) this.outlet.delayFrom(now, delayMs)
    this.outlet.writeRaw(this.#head)
    if (this.#framing === 'none') this.outlet.finishWithoutBody()
    this.drain(now)
  }

  execute(bytes: Uint8Array, now: number): void {
    if (this.outlet.over) {
      this.#dropped += bytes.length
      if (this.#dropped > DRAIN_BYTES) this.#message.cutOff('fin')
      return
    }
    this.outlet.execute(bytes, now)
    this.drain(now)
  }

  /** Its sender has ended the body, with trailers as it sent them. */
  finish(now: number, trailers: Uint8Array | undefined): void {
    this.#drainUntil = Number.POSITIVE_INFINITY
    this.outlet.finish(now, trailers)
    this.drain(now)
  }

  drain(now: number): void {
    this.#now = now
    if (now >= this.#drainUntil) this.#message.cutOff('fin')
    else this.outlet.drain(now, this)
    this.outlet.keep()
  }

  send(bytes: Uint8Array): void {
    this.#message.tellSent(bytes)
    this.#left -= bytes.length
    if (this.#framing !== 'chunked') {
      this.#message.send(bytes)
      return
    }
    this.#message.send(Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'))
    this.#message.send(bytes)
    this.#message.send(CRLF)
  }

  sendRaw(bytes: Uint8Array): void {
    this.#message.send(bytes)
  }

  end(trailers: Uint8Array | undefined, early: boolean): void {
    if (early) this.#message.endedByFault()
    if (this.#framing === 'chunked') {
      this.#message.send(LAST_CHUNK)
      if (trailers !== undefined) {
        this.#message.send(trailers)
        this.#message.tellSentTrailers(trailers)
      }
      this.#message.send(CRLF)
    }
    const isShort = this.#framing === 'length' && this.#left !== 0
    if (isShort || (early && this.#framing === 'close')) this.#message.cutOff('fin')
    else if (this.#closes) this.#message.closesAfter()
    else if (early) this.#drainUntil = this.#now + DRAIN_MS
  }

  cut(how: 'fin' | 'reset'): void {
    this.#message.endedByFault()
    this.#message.cutOff(how)
  }
}
