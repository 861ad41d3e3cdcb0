/**
 * inflatedTrailer: a trailer frame of gRPC-Web or an end-of-stream message of Connect that came compressed, as servers of Connect
 * send it where the stream is compressed. At once, since it is bounded. Worker thread.
 */

import { gunzipSync, inflateSync } from 'node:zlib'
import { GRPC_TRAILER_BYTES } from '../../../shared/limits/layers/grpc.ts'

const BOUNDED = { maxOutputLength: GRPC_TRAILER_BYTES }

/** The octets, or `undefined` where `encoding` is not known or they are not of it. */
export function inflatedTrailer(octets: Uint8Array, encoding: string): Uint8Array | undefined {
  try {
    if (encoding === 'gzip') return gunzipSync(octets, BOUNDED)
    return encoding === 'deflate' ? inflateSync(octets, BOUNDED) : undefined
  } catch {
    return undefined
  }
}
