/** Comparing octets with ASCII text: every octet against every letter, and the bounds of the range. */

import t from 'tap'
import { equalsExactly, equalsIgnoringCase } from '../../../../../src/workers/layers/http1/head/ascii-compare.ts'

t.test('one octet against one character: 256 × 128', async (t) => {
  const wrong: string[] = []
  for (let octet = 0; octet < 256; octet++) {
    const bytes = Uint8Array.of(octet)
    for (let code = 0; code < 128; code++) {
      const text = String.fromCharCode(code)
      if (equalsExactly(bytes, 0, 1, text) !== (octet === code)) wrong.push(`exactly ${octet} ${code}`)
      if (text !== text.toLowerCase()) continue
      const folded = octet < 128 ? String.fromCharCode(octet).toLowerCase() : ''
      if (equalsIgnoringCase(bytes, 0, 1, text) !== (folded === text)) wrong.push(`ignoring case ${octet} ${code}`)
    }
  }
  t.same(wrong, [])
})

t.test('the range counts, not the buffer', async (t) => {
  const bytes = Buffer.from('xCloseDx')
  const table: readonly (readonly [start: number, end: number, exactly: boolean, ignoring: boolean])[] = [
    [1, 6, false, true],
    [1, 7, false, false],
    [1, 5, false, false],
    [2, 6, false, false],
    [0, 8, false, false],
    [3, 3, false, false],
  ]
  for (const [start, end, exactly, ignoring] of table) {
    t.equal(equalsExactly(bytes, start, end, 'close'), exactly, `[${start}, ${end}) exactly`)
    t.equal(equalsIgnoringCase(bytes, start, end, 'close'), ignoring, `[${start}, ${end}) in any case`)
  }
  t.ok(equalsExactly(bytes, 1, 6, 'Close'))
  t.ok(equalsExactly(bytes, 3, 3, '') && equalsIgnoringCase(bytes, 3, 3, ''), 'nothing equals nothing')
})
