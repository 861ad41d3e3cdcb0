/** PayloadCursor: lengths are measured as they are written; cuts fall on lines and characters. */

import fc from 'fast-check'
import t from 'tap'
import { blockBytes, PayloadCursor } from '../../../../src/shared/events/record/payload-cursor.ts'

function makeCursor(maxRecordBytes: number) {
  const memory = new SharedArrayBuffer(65_536)
  const bytes = Buffer.from(memory)
  return { bytes, view: new DataView(memory), cursor: new PayloadCursor(bytes, new DataView(memory), maxRecordBytes) }
}

t.test('property: a string is written in the octets that were measured, or cut at a character', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const { bytes, view, cursor } = makeCursor(1024)
      const measured = cursor.stringBytes(text)
      cursor.string(text, measured)
      const length = view.getUint32(0, true)
      const whole = Buffer.byteLength(text)
      if (length > measured || cursor.at !== 4 + length || (whole <= 128 && length !== whole)) return false
      return text.startsWith(bytes.toString('utf8', 4, 4 + length))
    }),
    { numRuns: 500, seed: 1 },
  )
  t.end()
})

t.test('numbers saturate or are absent', (t) => {
  const { view, cursor } = makeCursor(1024)
  for (const value of [0, 0xfffffffe, 0xffffffff, 2 ** 40, -1, Number.NaN]) cursor.u32(value)
  t.same(
    [0, 4, 8, 12, 16, 20].map((at) => view.getUint32(at, true)),
    [0, 0xfffffffe, 0xfffffffe, 0xfffffffe, 0xffffffff, 0xffffffff],
  )
  t.end()
})

t.test('octets of every length and offset arrive, and nothing beside them', (t) => {
  const source = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
  for (let length = 0; length < 100; length++) {
    const { bytes, cursor } = makeCursor(1024)
    cursor.at = length % 7
    cursor.octets(source, 3, length)
    t.same(bytes.subarray((length % 7) + 4, cursor.at), source.subarray(3, 3 + length))
    t.equal(bytes[cursor.at], 0)
  }
  t.end()
})

t.test('a block is cut behind a line feed, or anywhere where there is none', (t) => {
  const bytes = Buffer.from('zz\nab\r\ncd\r\nef')
  t.equal(blockBytes(bytes, 3, bytes.length, 100), 10)
  t.equal(blockBytes(bytes, 3, bytes.length, 9), 8)
  t.equal(blockBytes(bytes, 3, bytes.length, 8), 8)
  t.equal(blockBytes(bytes, 3, bytes.length, 7), 4)
  t.equal(blockBytes(bytes, 3, bytes.length, 3), 3, 'the line feed before the block does not count')
  t.end()
})
