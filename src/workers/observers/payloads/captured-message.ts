/**
 * CapturedMessage: the first octets of one gRPC message at a time, and what they decompress to where the whole of a compressed
 * message was kept. Worker thread.
 *
 * Decompressing happens here and now, not beside: input and output are both bounded by what one event carries.
 */

import { gunzipSync, inflateSync } from 'node:zlib'
import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { GRPC_DECOMPRESSED_BYTES } from '../../../shared/limits/layers/grpc.ts'

/** `grpc-encoding` names zlib's format "deflate", as HTTP does (RFC 9110 §8.4.1.2). */
const DECOMPRESSORS: ReadonlyMap<string, typeof gunzipSync> = new Map([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
])

export interface CapturedOctets {
  /** A view, until the next message. */
  readonly octets: Uint8Array
  readonly isDecompressed: boolean
}

export class CapturedMessage {
  readonly #bytes: BoundedBytes

  constructor(captureBytes: number) {
    this.#bytes = new BoundedBytes(captureBytes)
  }

  append(bytes: Uint8Array): void {
    this.#bytes.append(bytes, 0, bytes.length)
  }

  /** The message is complete; the next one begins. `encoding`: empty where it is not compressed. */
  take(encoding: string): CapturedOctets {
    const octets = this.#bytes.view()
    const plain = this.#bytes.overflow || octets.length > GRPC_DECOMPRESSED_BYTES ? undefined : decompressed(octets, encoding)
    this.#bytes.clear()
    return plain === undefined ? { octets, isDecompressed: false } : { octets: plain, isDecompressed: true }
  }
}

/** Undefined where it cannot be read, or is more than an event carries: then the octets are told as they came. */
function decompressed(octets: Uint8Array, encoding: string): Uint8Array | undefined {
  try {
    return DECOMPRESSORS.get(encoding)?.(octets, { maxOutputLength: GRPC_DECOMPRESSED_BYTES })
  } catch {
    return undefined
  }
}
