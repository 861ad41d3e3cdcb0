/**
 * Direction: what one side sends, on its way to the other: the parser and the HPACK tables of it, its window, and how its octets
 * leave: as runs of the chunk where nothing is altered, with frames of our own between two frames where something is. Worker
 * thread.
 *
 *     chunk    [ frame │ frame │ frame │ frame │ part of a fra ]
 *     out       └──── run ────┘ dropped └─ run ┘ held             inserts: only where no frame is open
 */

import { REENCODER_TABLE_BYTES, WAITING_INSERT_BYTES } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, otherSide, type Side } from '../../../shared/side.ts'
import type { Plan } from '../plan.ts'
import { FloodGuard } from './flood-guard.ts'
import { FrameParser } from './frames/frame-parser.ts'
import { FRAME_HEAD_BYTES, INITIAL_WINDOW_DEFAULT, MAX_FRAME_SIZE_DEFAULT, SETTINGS } from './frames/frame-types.ts'
import type { OctetWriter } from './frames/octet-writer.ts'
import type { PendingHead } from './head/pending-head.ts'
import { HpackDecoder } from './hpack/hpack-decoder.ts'
import { HpackEncoder } from './hpack/hpack-encoder.ts'
import type { EditedHalf, Http2Stream } from './http2-stream.ts'
import { PeerSettings } from './peer-settings.ts'

const NO_OCTETS = new Uint8Array(0)
const EMPTY_SETTINGS = Uint8Array.of(0, 0, 0, SETTINGS, 0, 0, 0, 0, 0)

export class Direction {
  /** Who sends. */
  readonly side: Side
  readonly receiver: Side
  readonly parser: FrameParser
  readonly decoder: HpackDecoder = new HpackDecoder()
  /** Takes the sender's place once one of its header blocks was withheld or edited. */
  encoder: HpackEncoder | undefined = undefined
  /** What the sender has advertised. */
  readonly settings: PeerSettings
  readonly flood: FloodGuard
  /** Window of the sender's DATA on the connection, and what each of its streams starts with. */
  window = INITIAL_WINDOW_DEFAULT
  initialWindow = INITIAL_WINDOW_DEFAULT
  /** The receiver's SETTINGS_MAX_FRAME_SIZE, as the sender has acknowledged it. */
  frameSize = MAX_FRAME_SIZE_DEFAULT
  /** Octets of ours in the receiver's window that its credit has not repaid: the sender does not know of them. */
  debt = 0
  /** The last stream id of the sender's GOAWAY; −1: none. */
  goawayLast = -1
  /** Streams that are over by our doing: what the sender still sends on them is swallowed. Oldest first. */
  readonly buried = new Set<number>()

  /** Nobody receives any more: what would go there is dropped. */
  isReceiverGone = false

  /** The streamed frame in hand: whether it is forwarded, the stream whose DATA it is, whether that ends with it. */
  isForwarded = true
  dataStream: Http2Stream | undefined = undefined
  dataHalf: EditedHalf | undefined = undefined
  dataEnds = false

  /** The direction stands still: its octets from the unit in hand on. */
  held: Uint8Array | undefined = undefined
  /** The header block whose verdict is awaited; without it the unit in hand waits for the client's window. */
  pending: PendingHead | undefined = undefined
  finishPending = false

  plan: Plan | undefined = undefined
  /** Something of this chunk went, or goes, by the plan. */
  planned = false
  #chunk: Uint8Array = NO_OCTETS
  #runStart = 0
  #runEnd = 0
  /** The receiver has got the beginning of a frame: nothing may be inserted. */
  #frameOpen = false
  /** The receiver has got SETTINGS, with which every endpoint begins (RFC 9113 §3.4). */
  #opened = false
  readonly #waitingFrames: Uint8Array[] = []
  #waitingBytes = 0

  constructor(side: Side, blockBytes: number, now: () => number) {
    this.side = side
    this.receiver = otherSide(side)
    this.parser = new FrameParser(blockBytes, side === CLIENT)
    this.settings = new PeerSettings(side)
    this.flood = new FloodGuard(now)
  }

  begin(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#runStart = this.#runEnd = 0
    this.parser.begin(chunk)
  }

  /** The piece in hand goes on as it is. */
  forwardPiece(): void {
    const { parser } = this
    if (parser.raw === this.#chunk) {
      this.#runEnd = parser.rawEnd
    } else {
      this.#write(parser.raw.subarray(parser.rawStart, parser.rawEnd))
      this.#runStart = this.#runEnd = parser.position
    }
    this.#afterPiece()
  }

  /** `frame` goes in the place of the piece in hand, which is a whole frame. */
  replacePiece(frame: Uint8Array): void {
    this.flushRun()
    this.#write(frame)
    this.#afterPiece()
  }

  /** The piece in hand is not forwarded. */
  dropPiece(): void {
    this.flushRun()
    this.#runStart = this.#runEnd = this.parser.position
    this.planned = true
  }

  /** Hands what is left of the run to the plan, unless the whole chunk passes: then true. */
  endRun(): boolean {
    const passes = !this.planned && !this.isReceiverGone && this.#runStart === 0 && this.#runEnd === this.#chunk.length
    // A chunk that passes is gone: an insertion that comes later must not flush it again.
    if (passes) this.#runStart = this.#runEnd
    else this.flushRun()
    return passes
  }

  flushRun(): void {
    if (this.#runEnd > this.#runStart) this.#write(this.#chunk.subarray(this.#runStart, this.#runEnd))
    this.#runStart = this.#runEnd
  }

  /** Sends a frame of our own to the receiver: now, or as soon as the frame in hand is over and SETTINGS has been sent. */
  insert(frame: Uint8Array): void {
    if (this.isReceiverGone) return
    if (this.#frameOpen || !this.#opened) {
      this.#waitingFrames.push(frame)
      this.#waitingBytes += frame.length
      return
    }
    this.flushRun()
    this.#write(frame)
  }

  /** Whether the receiver has got the beginning of a frame, and cannot read another before the rest of it. */
  get isFrameOpen(): boolean {
    return this.#frameOpen
  }

  /** Whether the receiver has got SETTINGS. */
  get isOpened(): boolean {
    return this.#opened
  }

  /** Sends SETTINGS in the place of the sender, which has sent none, and what has waited for them. */
  open(settings: Uint8Array): void {
    this.settings.read(settings, FRAME_HEAD_BYTES, settings.length)
    this.#opened = true
    this.insert(settings)
    this.#insertWaiting()
  }

  /** So much waits for the end of the frame in hand that nothing may be read that could add to it. */
  get isCongested(): boolean {
    return this.#waitingBytes >= WAITING_INSERT_BYTES
  }

  /** Sends a last frame, if the receiver can still read one. */
  insertLast(frame: Uint8Array): void {
    if (this.#frameOpen) return
    if (!this.#opened) this.#write(EMPTY_SETTINGS)
    this.#opened = true
    this.insert(frame)
  }

  /** Stops in front of the unit in hand, which has been read: it and the rest of the chunk are kept. */
  hold(): void {
    this.flushRun()
    const rest = Uint8Array.prototype.slice.call(this.#chunk, this.parser.position)
    this.parser.keepUnit()
    this.held = rest
    this.planned = true
  }

  holdMore(bytes: Uint8Array): void {
    const held = this.held ?? NO_OCTETS
    const joined = new Uint8Array(held.length + bytes.length)
    joined.set(held)
    joined.set(bytes, held.length)
    this.held = joined
  }

  /** How much of the receiver's credit for the connection the sender may have. */
  repay(increment: number): number {
    const repaid = Math.min(this.debt, increment)
    this.debt -= repaid
    return increment - repaid
  }

  /** Whoever does not get the block just decoded is out of step from here on: its blocks are encoded anew. */
  takeOver(): void {
    if (!this.decoder.mutated || this.encoder !== undefined) return
    this.encoder = HpackEncoder.takeOver(Math.min(REENCODER_TABLE_BYTES, this.decoder.limit))
  }

  /** Starts a header block of our own to the receiver. */
  beginBlock(out: OctetWriter): HpackEncoder {
    if (this.encoder !== undefined) {
      this.encoder.begin(out)
      return this.encoder
    }
    // The receiver has lowered its table size and waits for a size update, which the sender's next block would bring.
    if (this.decoder.owedUpdate !== -1) HpackEncoder.sizeUpdate(out, this.decoder.owedUpdate)
    return HpackEncoder.literals()
  }

  /** The sender has acknowledged the receiver's table size. */
  limitTable(size: number): void {
    this.decoder.limit = size
    this.encoder?.resize(Math.min(REENCODER_TABLE_BYTES, size))
  }

  #afterPiece(): void {
    const { parser } = this
    this.#frameOpen = !parser.ended
    if (parser.type === SETTINGS) this.#opened = true
    if (!this.#frameOpen && this.#opened && this.#waitingFrames.length > 0) this.#insertWaiting()
  }

  #insertWaiting(): void {
    this.flushRun()
    for (const frame of this.#waitingFrames) this.#write(frame)
    this.#waitingFrames.length = 0
    this.#waitingBytes = 0
  }

  #write(bytes: Uint8Array): void {
    this.planned = true
    if (!this.isReceiverGone) this.plan?.write(this.receiver, bytes)
  }
}
