/** utf8Cut: every cut of a text leaves whole characters, and the most of them. */

import fc from 'fast-check'
import t from 'tap'
import { utf8Cut } from '../../../src/shared/bytes/utf8-cut.ts'

t.test('every cut', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
      const bytes = Buffer.from(text)
      const end = bytes.length === 0 ? 0 : at % (bytes.length + 1)
      const cut = utf8Cut(bytes, 0, end)
      const shown = bytes.subarray(0, cut).toString()
      return text.startsWith(shown) && end - cut < 4 && (end === bytes.length ? cut === end : true)
    }),
  )
  t.pass()
})

t.test('what is no UTF-8 is cut where it was asked', async (t) => {
  t.equal(utf8Cut(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80), 0, 5), 5)
  t.equal(utf8Cut(Uint8Array.of(0x61, 0xf0, 0x9f), 0, 3), 1)
  t.equal(utf8Cut(Uint8Array.of(0x61, 0xf0, 0x9f), 2, 3), 3, 'the start is respected')
})
