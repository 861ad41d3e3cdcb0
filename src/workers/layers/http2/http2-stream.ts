/**
 * Http2Stream: what is known of one open stream, by side where it differs. Worker thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { Side } from '../../../shared/side.ts'
import type { BodyOutlet } from '../http/body-outlet.ts'
import type { ReplyForm } from '../http/reply-form.ts'
import type { DecodedHead } from './head/decoded-head.ts'
import type { HalfState } from './stream-states.ts'

/** Reads the octets of a stream that has left HTTP (CONNECT, RFC 8441). `WebSocketObserver` is one. */
export interface StreamObserver {
  execute(side: Side, bytes: Uint8Array): void
  finish(side: Side): void
  abort(reason: CloseReason): void
}

/** What one side sends on a stream, where a handler edits it. `AlteredHalf` is one. */
export interface EditedHalf {
  readonly side: Side
  readonly stream: Http2Stream
  /** What is held of it. */
  readonly outlet: BodyOutlet
  /** A DATA frame of `length` flow-controlled octets has come. */
  take(length: number): void
  execute(bytes: Uint8Array): void
  /** The sender has ended its half, with trailers where it sent some. */
  finish(trailers: DecodedHead | undefined): void
  /** Sends what is due, and what there is room for. */
  drain(): void
  /** The frame in hand is over. */
  giveBack(): void
  /** How much of the receiver's credit for the stream the sender may have. */
  repay(increment: number): number
}

export class Http2Stream {
  readonly id: number
  /** By side: what it may still send. */
  readonly states: [HalfState, HalfState]
  /** By side: the window of its DATA, relative to the initial window size, so that a change of that one touches no stream. */
  readonly credit: [number, number] = [0, 0]
  /** By side: DATA octets seen, padding not counted. */
  readonly received: [number, number] = [0, 0]
  /** By side: octets of content to come, by Content-Length or because there is none; −1: as many as come. */
  readonly expected: [number, number] = [-1, -1]
  /** The request's method is HEAD: the response has no content. */
  isHead = false
  /** The request is CONNECT; `protocol` is that of RFC 8441, or empty. */
  isConnect = false
  protocol = ''
  /** CONNECT was accepted: DATA is no message content any more. */
  upgraded = false
  observer: StreamObserver | undefined = undefined
  /** By side: what it sends is edited. */
  readonly altered: [EditedHalf | undefined, EditedHalf | undefined] = [undefined, undefined]
  /** In which form an answer of ours would be read. */
  form: ReplyForm = 'text'
  /** The engine answers: what the client still sends is swallowed, and the origin does not know the stream, or no longer. */
  answered = false
  /** Of an answered stream: what is still to be written. */
  reply: Uint8Array | undefined = undefined
  /** Why the exchange ends, where not for what the peers do. */
  reason: CloseReason | undefined = undefined
  /** The handler has been told of the request, and not yet of the end. */
  open = false
  /** When its window was used up; 0 while it has some. */
  stalledAt = 0

  constructor(id: number, client: HalfState, origin: HalfState) {
    this.id = id
    this.states = [client, origin]
  }
}
