/**
 * Unmasking at every phase of the key and every length around the word size.
 */

import t from 'tap'
import { UnmaskTarget, unmask } from '../../../../src/workers/layers/websocket/unmask.ts'

t.test('every phase and length', async (t) => {
  const target = new UnmaskTarget(256)
  const key = Uint8Array.of(0x01, 0xfe, 0x80, 0x7f)
  const source = Uint8Array.from({ length: 256 }, (_, i) => (i * 7) & 255)
  for (let phase = 0; phase < 4; phase++) {
    for (let count = 0; count <= 250; count++) {
      const n = unmask(target, source, 3, 3 + count, key, phase)
      const expected = source.subarray(3, 3 + count).map((byte, i) => byte ^ (key[(phase + i) & 3] as number))
      if (n !== count || Buffer.compare(expected, target.bytes.subarray(0, count)) !== 0) t.fail(`phase ${phase}, ${count} octets`)
    }
  }
  t.pass('4 × 251')
})
