/**
 * The validator of pieces agrees with isUtf8 of the whole, whatever the splits.
 */

import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { Utf8Validator } from '../../../../src/workers/layers/websocket/utf8-validator.ts'
import { chunkings } from '../../../support/chunkings.ts'

function valid(validator: Utf8Validator, chunks: Uint8Array[]): boolean {
  validator.reset()
  return chunks.every((chunk) => validator.write(chunk, 0, chunk.length)) && validator.finish()
}

t.test('agrees with isUtf8 on the whole, whatever the splits', async (t) => {
  const validator = new Utf8Validator()
  const fixed = ['', 'a', 'é', '€', '😀', 'a😀b', '\u{10ffff}'].map((text) => Buffer.from(text))
  const broken = ['c0af', 'eda080', 'f4908080', 'f8888080', '80', 'e282', 'f09f98', 'e28241', 'c3c3a9', 'f09fe28282'].map((h) =>
    Buffer.from(h, 'hex'),
  )
  for (const input of [...fixed, ...broken]) {
    // Legal or not, it must be known as soon when it came in pieces.
    validator.reset()
    const soon = validator.write(input, 0, input.length)
    for (const chunks of chunkings(input)) {
      validator.reset()
      if (chunks.every((chunk) => validator.write(chunk, 0, chunk.length)) !== soon) t.fail(`late: ${input.toString('hex')}`)
    }
    for (const chunks of chunkings(input)) if (valid(validator, chunks) !== isUtf8(input)) t.fail(input.toString('hex'))
  }
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.integer(), (parts, seed) => {
      const input = Buffer.concat(parts)
      const expected = isUtf8(input)
      for (const chunks of chunkings(input, seed)) if (valid(validator, chunks) !== expected) return false
      return true
    }),
    { numRuns: 500 },
  )
  t.pass('500 inputs')
})
