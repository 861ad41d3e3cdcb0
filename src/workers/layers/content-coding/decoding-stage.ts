/**
 * DecodingStage: one coding of a chain: a decoding stream with a bounded queue before it. Worker thread; the stream's work happens
 * on the thread pool.
 *
 * One write is in flight at a time and what comes meanwhile coalesces, so that under load many small pieces cost as much as
 * one. Nothing is opened before the first octets: an empty body (to HEAD, or a 304) is no truncated one, and `deflate` must
 * be sniffed.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { DECODER_BACKLOG_BYTES } from '../../../shared/limits/layers/content-coding.ts'
import type { ContentCoding } from './content-codings.ts'
import { type DecodingStream, type DecodingStreamHandler, reasonOf } from './decoding-stream.ts'
import { openDecodingStream, sniffBytes, type ZstdFactory } from './decoding-streams.ts'

export interface StageSink {
  onStageOutput(stage: DecodingStage, bytes: Uint8Array): void
  /** Everything written so far has been taken in. */
  onStageIdle(stage: DecodingStage): void
  onStageEnd(stage: DecodingStage): void
  onStageFailed(stage: DecodingStage, reason: DecodeReason, detail: string): void
}

export class DecodingStage implements DecodingStreamHandler {
  readonly coding: ContentCoding
  /** Position in the chain, from 0. */
  readonly index: number
  /** Octets given out. */
  output = 0
  readonly #sink: StageSink
  readonly #zstd: ZstdFactory | undefined
  readonly #queue = new BoundedBytes(DECODER_BACKLOG_BYTES)
  #stream: DecodingStream | undefined
  #writing = false
  #ended = false
  #endWritten = false
  #closed = false

  constructor(coding: ContentCoding, index: number, sink: StageSink, zstd: ZstdFactory | undefined) {
    this.coding = coding
    this.index = index
    this.#sink = sink
    this.#zstd = zstd
  }

  /** Something written has not been taken in yet. */
  get busy(): boolean {
    return this.#writing
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#queue.append(bytes, 0, bytes.length)
    if (this.#queue.overflow) this.#fail('backlog_limit', `${this.#queue.size} octets wait for the decoder`)
    else this.#pump()
  }

  end(): void {
    this.#ended = true
    this.#pump()
  }

  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    this.#stream?.resume()
  }

  close(): void {
    this.#closed = true
    this.#stream?.destroy()
    this.#queue.clear()
  }

  onOutput(bytes: Uint8Array): void {
    this.output += bytes.length
    if (!this.#closed) this.#sink.onStageOutput(this, bytes)
  }

  onEnd(): void {
    if (!this.#closed) this.#sink.onStageEnd(this)
  }

  onError(error: NodeJS.ErrnoException): void {
    if (!this.#closed) this.#fail(reasonOf(error), error.message)
  }

  #pump(): void {
    if (this.#writing || this.#closed) return
    if (this.#stream === undefined && !this.#open()) return
    if (this.#queue.length > 0) {
      const bytes = this.#queue.view().slice()
      this.#queue.clear()
      this.#writing = true
      this.#stream?.write(bytes, (error) => {
        // Its 'error' event comes next.
        if (error) return
        this.#writing = false
        this.#pump()
        if (!this.#writing && !this.#closed) this.#sink.onStageIdle(this)
      })
    } else if (this.#ended && !this.#endWritten) {
      this.#endWritten = true
      this.#stream?.end()
    }
  }

  /** Opens the stream, once there is enough to choose one by. */
  #open(): boolean {
    if (this.#queue.length < sniffBytes(this.coding) && !this.#ended) return false
    if (this.#queue.length === 0) {
      this.#closed = true
      this.#sink.onStageEnd(this)
      return false
    }
    this.#stream = openDecodingStream(this.coding, this.#queue.view(), this.#zstd, this)
    if (this.#stream === undefined) this.#fail('unsupported', 'this runtime has no decoder for it')
    return this.#stream !== undefined
  }

  #fail(reason: DecodeReason, detail: string): void {
    this.close()
    this.#sink.onStageFailed(this, reason, detail)
  }
}
