/** CapturedMessage: what is kept, what is decompressed, and what is told as it came. */

import { randomBytes } from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { GRPC_DECOMPRESSED_BYTES } from '../../../../src/shared/limits/layers/grpc.ts'
import { CapturedMessage } from '../../../../src/workers/observers/payloads/captured-message.ts'

const TEXT = Buffer.from('a message '.repeat(50))
const NOISE = randomBytes(300)

for (const [name, captureBytes, wire, encoding, expected, isDecompressed] of [
  ['plain', 1_000, TEXT, '', TEXT, false],
  ['cut', 5, TEXT, '', TEXT.subarray(0, 5), false],
  ['gzip', 1_000, gzipSync(TEXT), 'gzip', TEXT, true],
  ['deflate', 1_000, deflateSync(TEXT), 'deflate', TEXT, true],
  ['cut gzip', 20, gzipSync(TEXT), 'gzip', gzipSync(TEXT).subarray(0, 20), false],
  ['corrupt gzip', 1_000, NOISE, 'gzip', NOISE, false],
  ['unknown encoding', 1_000, NOISE, 'snappy', NOISE, false],
  ['empty', 1_000, Buffer.alloc(0), '', Buffer.alloc(0), false],
] as const) {
  t.test(name, (t) => {
    const message = new CapturedMessage(captureBytes)
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < wire.length; at += 7) message.append(wire.subarray(at, at + 7))
      const taken = message.take(encoding)
      t.same(Buffer.from(taken.octets), expected, `round ${round}`)
      t.equal(taken.isDecompressed, isDecompressed)
    }
    t.end()
  })
}

t.test('a message that expands beyond the bound is told as it came', (t) => {
  const bomb = gzipSync(Buffer.alloc(GRPC_DECOMPRESSED_BYTES + 1))
  const message = new CapturedMessage(100_000)
  message.append(bomb)
  t.same(Buffer.from(message.take('gzip').octets), bomb)
  t.end()
})
