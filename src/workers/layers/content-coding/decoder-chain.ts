/**
 * DecoderChain: undoes the content codings of one body, beside the relay (RFC 9110 §8.4). Bounded in input that waits, output,
 * expansion and nesting; over a bound it ends, classified. Worker thread.
 *
 *     write ─▶ stage 0 (coding applied last) ─▶ stage 1 … ─▶ onDecoded       each stage's output is counted; a stage
 *                                   ◀─ pause ─                               pauses while the next one is busy
 */

import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { DECODED_MESSAGE_BYTES, EXPANSION_RATIO, RATIO_FREE_BYTES } from '../../../shared/limits/layers/content-coding.ts'
import { type ContentCodings, parseContentCodings } from './content-codings.ts'
import type { ContentDecoder, ContentDecoderHandler } from './content-decoder.ts'
import { DecodingStage, type StageSink } from './decoding-stage.ts'
import { nativeZstd, type ZstdFactory } from './decoding-streams.ts'

export interface DecoderChainOptions {
  /** Octets that may be decoded; DECODED_MESSAGE_BYTES where absent. */
  readonly outputBytes?: number
  /** Replaces `node:zlib`'s zstd; `undefined`: zstd is unsupported. */
  readonly zstd?: ZstdFactory | undefined
}

interface StageFailure {
  readonly stage: DecodingStage
  readonly reason: DecodeReason
  readonly detail: string
}

export class DecoderChain implements ContentDecoder, StageSink {
  readonly #handler: ContentDecoderHandler
  readonly #codings: ContentCodings
  readonly #outputLimit: number
  readonly #stages: DecodingStage[] = []
  #input = 0
  /** Of a stage, until those behind it have taken in what it gave them: theirs would come first in the body. */
  #failure: StageFailure | undefined = undefined
  #closed = false

  constructor(contentEncoding: string | undefined, handler: ContentDecoderHandler, options: DecoderChainOptions = {}) {
    this.#codings = parseContentCodings(contentEncoding)
    this.#handler = handler
    this.#outputLimit = options.outputBytes ?? DECODED_MESSAGE_BYTES
    if (this.#codings.kind === 'unreadable') return
    const zstd = 'zstd' in options ? options.zstd : nativeZstd
    for (const coding of this.#codings.codings.toReversed()) {
      this.#stages.push(new DecodingStage(coding, this.#stages.length, this, zstd))
    }
  }

  /** Nothing is encoded: octets pass through `write` synchronously, and only the handler's own bounds apply. */
  get identity(): boolean {
    return this.#codings.kind === 'codings' && this.#codings.codings.length === 0
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return
    this.#input += bytes.length
    const codings = this.#codings
    if (codings.kind === 'unreadable') this.#fail(codings.reason, codings.coding, 'the content coding cannot be undone here')
    else if (this.identity) this.#handler.onDecoded(bytes)
    else this.#stages[0]?.write(bytes)
  }

  end(): void {
    if (this.#closed) return
    if (this.#input === 0 || this.identity) this.#finish()
    else this.#stages[0]?.end()
  }

  close(): void {
    this.#closed = true
    for (const stage of this.#stages) stage.close()
  }

  onStageOutput(stage: DecodingStage, bytes: Uint8Array): void {
    if (stage.output > this.#outputLimit) {
      this.#fail('output_limit', stage.coding, `more than ${this.#outputLimit} octets decoded`)
    } else if (stage.output > RATIO_FREE_BYTES && stage.output > this.#input * EXPANSION_RATIO) {
      this.#fail('ratio_limit', stage.coding, `${this.#input} octets became ${stage.output}`)
    } else {
      const next = this.#stages[stage.index + 1]
      if (next === undefined) {
        this.#handler.onDecoded(bytes)
        return
      }
      next.write(bytes)
      if (next.busy) stage.pause()
    }
  }

  onStageIdle(stage: DecodingStage): void {
    if (this.#failure === undefined) this.#stages[stage.index - 1]?.resume()
    else this.#failInTurn(this.#failure)
  }

  onStageEnd(stage: DecodingStage): void {
    const next = this.#stages[stage.index + 1]
    if (next === undefined) this.#finish()
    else next.end()
  }

  onStageFailed(stage: DecodingStage, reason: DecodeReason, detail: string): void {
    if (this.#failure !== undefined && this.#failure.stage.index > stage.index) return
    this.#failure = { stage, reason, detail }
    this.#failInTurn(this.#failure)
  }

  #failInTurn({ stage, reason, detail }: StageFailure): void {
    if (!this.#stages.some((other) => other.index > stage.index && other.busy)) this.#fail(reason, stage.coding, detail)
  }

  #finish(): void {
    this.close()
    this.#handler.onDecodedEnd()
  }

  #fail(reason: DecodeReason, coding: string, detail: string): void {
    if (this.#closed) return
    this.close()
    this.#handler.onDecodeFailed(reason, coding, detail)
  }
}
