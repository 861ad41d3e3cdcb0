/**
 * Which bodies are taken for msgpack: by media type, or by shape with a measured rate of false positives.
 */

import { isUtf8 } from 'node:buffer'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import t from 'tap'
import { isMsgpackType, isUntyped, looksLikeMsgpack, SNIFF_BYTES } from '../../../../src/workers/layers/msgpack/msgpack-recognition.ts'
import { seededRandom } from '../../../support/chunkings.ts'

t.test('media types', async (t) => {
  for (const type of ['application/msgpack', 'application/x-msgpack', 'application/vnd.msgpack', 'application/vnd.api+msgpack'])
    t.ok(isMsgpackType(type))
  for (const type of ['application/json', 'msgpack', '']) t.notOk(isMsgpackType(type))
  t.ok(isUntyped('') && isUntyped('application/octet-stream'))
  t.notOk(isUntyped('text/plain'))
})

t.test('the heuristic takes maps with identifier keys, and nothing else', async (t) => {
  const wide = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key_${i}`, i]))
  for (const value of [{ id: 1 }, { jsonrpc: '2.0', method: 'x' }, wide]) t.ok(looksLikeMsgpack(encode(value).subarray(0, SNIFF_BYTES)))
  for (const value of [{}, { a: 1 }, { 'a b': 1 }, { 1: 2 }, [1, 2], 'text', 7, null]) t.notOk(looksLikeMsgpack(encode(value)))
  for (const text of ['', '{}', '\u07c0\u07c1', '<html>']) t.notOk(looksLikeMsgpack(Buffer.from(text)))
  t.notOk(looksLikeMsgpack(Uint8Array.of(0x81, 0xa2, 0x61, 0x62)), 'nothing after the key')
  t.notOk(looksLikeMsgpack(Uint8Array.of(0x81, 0xa2, 0x61, 0x62, 0xc1)))
  t.notOk(looksLikeMsgpack(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')), 'PNG begins with a fixmap')
})

t.test('false positives: none on text, at most 2.2e-5 on random octets', async (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => !looksLikeMsgpack(Buffer.from(text))))
  const random = seededRandom(7)
  const block = new Uint8Array(SNIFF_BYTES)
  let hits = 0
  const runs = 1_000_000
  for (let run = 0; run < runs; run++) {
    for (let i = 0; i < block.length; i += 4) {
      const word = Math.floor(random() * 4_294_967_296)
      block[i] = word
      block[i + 1] = word >>> 8
      block[i + 2] = word >>> 16
      block[i + 3] = word >>> 24
    }
    if (looksLikeMsgpack(block)) {
      hits++
      t.notOk(isUtf8(block))
    }
  }
  t.comment(`${hits} of ${runs}`)
  // Expectation 22; three standard deviations above it.
  t.ok(hits <= 36)
})
