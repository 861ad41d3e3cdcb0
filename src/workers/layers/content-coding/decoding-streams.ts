/**
 * The stream that undoes one coding. Worker thread; the work itself happens on the thread pool.
 */

import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { ZSTD_WINDOW_LOG } from '../../../shared/limits/layers/content-coding.ts'
import type { ContentCoding } from './content-codings.ts'
import type { DecodingStream, DecodingStreamHandler } from './decoding-stream.ts'
import { Gunzip } from './gunzip.ts'

/** Makes a stream that decodes zstd. For runtimes whose `node:zlib` has none (before 22.15), a library can be put in its place. */
export type ZstdFactory = () => Transform

/** zstd's `ZSTD_d_windowLogMax`; `zlib.constants` names it only where zstd exists. */
const ZSTD_D_WINDOW_LOG_MAX = 100

interface WithZstd {
  readonly createZstdDecompress?: (options: { params: Record<number, number> }) => Transform
}

/** `node:zlib`'s own zstd, where it has it (22.15, 23.8 and later). */
export const nativeZstd: ZstdFactory | undefined = (() => {
  const create = (zlib as WithZstd).createZstdDecompress
  return create && (() => create({ params: { [ZSTD_D_WINDOW_LOG_MAX]: ZSTD_WINDOW_LOG } }))
})()

/** Octets that must be there to open the stream of `coding`. */
export function sniffBytes(coding: ContentCoding): number {
  return coding === 'deflate' ? 2 : 1
}

/** Opens the stream for `coding`, given the first octets of its input; `undefined` where this runtime has no decoder. */
export function openDecodingStream(
  coding: ContentCoding,
  first: Uint8Array,
  zstd: ZstdFactory | undefined,
  handler: DecodingStreamHandler,
): DecodingStream | undefined {
  if (coding === 'gzip') return new Gunzip(handler)
  const stream = transformOf(coding, first, zstd)
  stream?.on('data', (bytes: Uint8Array) => handler.onOutput(bytes))
  stream?.on('end', () => handler.onEnd())
  stream?.on('error', (error: NodeJS.ErrnoException) => handler.onError(error))
  return stream
}

function transformOf(coding: Exclude<ContentCoding, 'gzip'>, first: Uint8Array, zstd: ZstdFactory | undefined): Transform | undefined {
  switch (coding) {
    case 'deflate':
      return isZlibHeader(first) ? zlib.createInflate() : zlib.createInflateRaw()
    case 'br':
      return zlib.createBrotliDecompress()
    case 'zstd':
      return zstd?.()
  }
}

/**
 * `deflate` means the zlib format (RFC 9110 §8.4.1.2), "but some non-conformant implementations" send raw deflate.
 *
 *     CMF: method 8, window ≤ 7     FLG: (CMF · 256 + FLG) mod 31 = 0     (RFC 1950 §2.2)
 *
 * A raw stream starts with 0x?8 only as a stored block or a block with odd padding, and then passes the check 1 in 31 times.
 */
function isZlibHeader(first: Uint8Array): boolean {
  const cmf = first[0] ?? 0
  const flg = first[1] ?? 0
  return (cmf & 0x0f) === 8 && cmf >> 4 <= 7 && (cmf * 256 + flg) % 31 === 0
}
