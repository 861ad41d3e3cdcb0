/**
 * The contract of what undoes one coding: octets in, octets out later, one write at a time. Worker thread.
 */

import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'

export interface DecodingStream {
  /** `done`: all of `bytes` has been taken in; the next write comes after that. With an error where `onError` tells the same next. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
  /** No octet follows. */
  end(): unknown
  pause(): unknown
  resume(): unknown
  /** Frees everything; no further call. */
  destroy(): unknown
}

export interface DecodingStreamHandler {
  onOutput(bytes: Uint8Array): void
  onEnd(): void
  /** Nothing follows. `code`: of zlib, brotli or zstd, or one of those below. */
  onError(error: NodeJS.ErrnoException): void
}

/** `code` of the error of input that stops too early: zlib's, brotli's and zstd's alike. */
export const INPUT_TOO_SHORT = 'Z_BUF_ERROR'
/** `code` of the error of a decoder that costs its thread too much. */
export const DECODER_TOO_SLOW = 'ERR_DECODER_TOO_SLOW'
/** `code` of the error of input that asks for a dictionary or for more memory than a decoder here has. */
export const INPUT_ASKS_MORE = 'ERR_INPUT_ASKS_MORE'

const REASONS: ReadonlyMap<string | undefined, DecodeReason> = new Map([
  [INPUT_TOO_SHORT, 'truncated'],
  [DECODER_TOO_SLOW, 'backlog_limit'],
  [INPUT_ASKS_MORE, 'unsupported'],
  ['Z_NEED_DICT', 'unsupported'],
  ['ZSTD_error_dictionary_wrong', 'unsupported'],
  ['ZSTD_error_frameParameter_windowTooLarge', 'unsupported'],
])

/** What the failure of a decoding stream says of its input. */
export function reasonOf(error: NodeJS.ErrnoException): DecodeReason {
  return REASONS.get(error.code) ?? 'corrupt'
}
