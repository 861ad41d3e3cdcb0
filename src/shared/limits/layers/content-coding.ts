/**
 * Limits of the content decoders. Over one of them the observation of that message ends, classified; the relayed octets
 * are not the decoded ones and flow on. No thread of its own.
 */

/** Content codings stacked on one message. Two occur (a CDN compresses what the application did); nobody means four. */
export const CODINGS_PER_MESSAGE = 4

/** Octets that any decoder of one message may give, 64 MiB: 0.2 s of thread pool time at 300 MB/s. */
export const DECODED_MESSAGE_BYTES = 67_108_864

/**
 * Output octets per input octet, once `RATIO_FREE_BYTES` have come out. deflate cannot exceed 1,032, brotli and zstd can by
 * far; logs and generated JSON reach 50 to 100.
 */
export const EXPANSION_RATIO = 250

/** Output that is never held against the ratio, 1 MiB: small bodies of zeros are harmless. */
export const RATIO_FREE_BYTES = 1_048_576

/** Input octets that may wait for a busy decoder, 1 MiB: the relay brings more than 300 MB/s only in bursts. */
export const DECODER_BACKLOG_BYTES = 1_048_576

/** Characters of a Content-Encoding value that are read. */
export const CODINGS_CHARACTERS = 256

/** Base-2 logarithm of the zstd window accepted: 8 MB, RFC 9659 §3. brotli's is at most 16 MB by its format (RFC 7932 §9.1). */
export const ZSTD_WINDOW_LOG = 23

/** Octets that one zstd block may decode to, RFC 8878 §3.1.1.2.4. */
export const ZSTD_BLOCK_BYTES = 131_072

/**
 * Octets that the portable zstd decoder may move before the event loop has a turn, 8 MiB: 1–2 ms at 5 GB/s. It moves the frame's
 * whole window for each block, so small blocks in a large window are what costs.
 */
export const ZSTD_TURN_WORK_BYTES = 8_388_608

/** … and for one body, 4 GiB: 0.8 s, in turns. 64 MiB of ordinary blocks in an 8 MB window. */
export const ZSTD_WORK_BYTES = 4_294_967_296
