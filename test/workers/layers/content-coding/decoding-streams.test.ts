/**
 * Which stream undoes a coding, and what it says of input that asks for more than there is here.
 */

import * as zlib from 'node:zlib'
import t from 'tap'
import { nativeZstd } from '../../../../src/workers/layers/content-coding/decoding-streams.ts'
import { decode } from '../../../support/recorders/decoded.ts'

t.test('deflate: by the header of zlib, or raw', async (t) => {
  const text = Buffer.from('a text of some length, a text of some length')
  for (const level of [0, 1, 6, 9])
    for (const windowBits of [9, 12, 15]) {
      t.same((await decode('deflate', [zlib.deflateSync(text, { level, windowBits })])).output.toString(), text.toString())
      t.same((await decode('deflate', [zlib.deflateRawSync(text, { level, windowBits })])).output.toString(), text.toString())
    }
})

t.test('what asks for more than there is here is unsupported, not corrupt', async (t) => {
  const withDictionary = zlib.deflateSync('hello', { dictionary: Buffer.from('hello') })
  t.same((await decode('deflate', [withDictionary])).failure, ['unsupported', 'deflate'])
  if (nativeZstd === undefined) return
  const magic = [0x28, 0xb5, 0x2f, 0xfd]
  t.same((await decode('zstd', [Uint8Array.of(...magic, 0x21, 7, 5, 0x29, 0, 0, 1, 2, 3, 4, 5)])).failure, ['unsupported', 'zstd'])
  t.same((await decode('zstd', [Uint8Array.of(...magic, 0x00, 0x78, 1, 0, 0)])).failure, ['unsupported', 'zstd'])
})
