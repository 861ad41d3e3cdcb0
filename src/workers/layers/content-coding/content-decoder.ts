/**
 * The contract of a content decoder: a copy of a body goes in beside the relay, decoded octets come out later.
 *
 * **Asynchronous**, because zlib keeps its context across calls only in streams, and those run on the thread pool. The
 * synchronous ways were measured: `_processChunk` closes the handle after one call, and driving the binding's `writeSync`
 * (4 µs a flushed piece against 24–46 µs of CPU through a stream, Node 26 and 20) hangs on fields that are nobody's API. In return
 * a bomb never holds a shard: it meets the limits one 16 KiB output buffer at a time. Worker thread.
 */

import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'

export interface ContentDecoderHandler {
  /** Decoded octets; valid during the call only. Never called from within `write` unless nothing is encoded. */
  onDecoded(bytes: Uint8Array): void
  /** Everything has been decoded. Nothing follows. */
  onDecodedEnd(): void
  /** Observation of this message has ended early; `coding` is the one at fault, where one is. Nothing follows. */
  onDecodeFailed(reason: DecodeReason, coding: string, detail: string): void
}

export interface ContentDecoder {
  /** Body octets in order, any split; copied. */
  write(bytes: Uint8Array): void
  /** The body has ended. */
  end(): void
  /** Nobody is interested any more: frees everything, no further call. */
  close(): void
}
