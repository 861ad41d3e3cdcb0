/**
 * XXH64 by the values that xxHash publishes, by those in zstd's own frames, and whatever the splits.
 */

import * as zlib from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { Xxh64 } from '../../../../src/workers/layers/content-coding/xxh64.ts'
import { chunkings } from '../../../support/chunkings.ts'

function digest(chunks: readonly Uint8Array[]): string {
  const hash = new Xxh64()
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest()
}

t.test('published values', async (t) => {
  const cases: [string, string][] = [
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['as', '1c330fb2d66be179'],
    ['asd', '631c37ce72a97393'],
    ['asdf', '415872f599cea71e'],
    ['Call me Ishmael. Some years ago--never mind how long precisely-', '02a2e85470d6fd96'],
  ]
  for (const [text, expected] of cases)
    for (const chunks of chunkings(Buffer.from(text))) t.equal(digest(chunks), expected, JSON.stringify(text))
})

const withZstd = zlib as { zstdCompressSync?: (bytes: Uint8Array, options: object) => Buffer }
t.test('the checksums of zstd', { skip: withZstd.zstdCompressSync === undefined && 'this Node has no zstd' }, async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(2), fc.integer(), (bytes, doublings, seed) => {
      let input = Buffer.from(bytes)
      for (let n = 0; n < doublings; n++) input = Buffer.concat([input, input])
      const frame = withZstd.zstdCompressSync?.(input, { params: { 201: 1 } }) ?? Buffer.alloc(4)
      return [...chunkings(input, seed)].every(
        (chunks) => Number.parseInt(digest(chunks).slice(8), 16) === frame.readUInt32LE(frame.length - 4),
      )
    }),
  )
  t.pass()
})

t.test('reset: as new; a digest in between changes nothing', async (t) => {
  const hash = new Xxh64()
  hash.update(Buffer.alloc(100, 7))
  hash.digest()
  hash.update(Buffer.alloc(50, 8))
  t.equal(hash.digest(), digest([Buffer.concat([Buffer.alloc(100, 7), Buffer.alloc(50, 8)])]))
  hash.reset()
  hash.update(Buffer.from('asdf'))
  t.equal(hash.digest(), '415872f599cea71e')
  t.equal(hash.low32(), 0x99cea71e)
})
