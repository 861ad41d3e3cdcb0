/** MessageBuffer keeps any pieces in order, grows with what has come, and gives its memory back. */

import t from 'tap'
import { MessageBuffer } from '../../../../src/workers/tls/records/message-buffer.ts'

t.test('pieces of any size', async (t) => {
  const source = Buffer.from(Array.from({ length: 5_000 }, (_, n) => n % 253))
  for (const step of [1, 3, 1_000, 5_000]) {
    const buffer = new MessageBuffer()
    for (let at = 0; at < source.length; at += step) {
      buffer.append(source, at, Math.min(source.length, at + step))
      if (buffer.bytes.length > 2 * (at + step)) t.fail(`${buffer.bytes.length} octets of room for ${at + step}`)
    }
    t.ok(source.equals(buffer.bytes.subarray(0, buffer.length)), `by ${step}`)
    buffer.release()
    t.same([buffer.length, buffer.bytes.length], [0, 0])
    buffer.append(source, 7, 9)
    t.same([...buffer.bytes.subarray(0, buffer.length)], [7, 8], 'and begins anew')
  }
})
