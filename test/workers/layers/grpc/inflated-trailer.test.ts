/**
 * Compressed trailers: two codings, and nothing for what is not of its coding, or comes to too much.
 */

import { deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { GRPC_TRAILER_BYTES } from '../../../../src/shared/limits/layers/grpc.ts'
import { inflatedTrailer } from '../../../../src/workers/layers/grpc/inflated-trailer.ts'

const TEXT = Buffer.from('grpc-status: 0\r\n')

t.test('codings', async (t) => {
  t.ok(TEXT.equals(inflatedTrailer(gzipSync(TEXT), 'gzip') ?? Buffer.alloc(0)))
  t.ok(TEXT.equals(inflatedTrailer(deflateSync(TEXT), 'deflate') ?? Buffer.alloc(0)))
  t.equal(inflatedTrailer(gzipSync(TEXT), 'br'), undefined)
})

t.test('what is none', async (t) => {
  t.equal(inflatedTrailer(TEXT, 'gzip'), undefined)
  t.equal(inflatedTrailer(gzipSync(TEXT).subarray(0, 12), 'gzip'), undefined)
  t.equal(inflatedTrailer(gzipSync(Buffer.alloc(GRPC_TRAILER_BYTES + 1)), 'gzip'), undefined)
})
