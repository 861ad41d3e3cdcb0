/**
 * Gunzip: members, what follows the last, and what is wrong at the end: the same output and the same verdict in every split.
 */

import * as zlib from 'node:zlib'
import t from 'tap'
import type { DecodeReason } from '../../../../src/shared/events/decode-reasons.ts'
import { decode, pieces } from '../../../support/recorders/decoded.ts'

t.test('gzip: what follows, and what is wrong at the end, in every split', async (t) => {
  const member = zlib.gzipSync('hello')
  const broken = (at: number) => {
    const copy = Buffer.from(member)
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
    return copy
  }
  const cases: [string, Buffer, string, DecodeReason | undefined][] = [
    ['zeros', Buffer.concat([member, Buffer.alloc(9)]), 'hello', undefined],
    ['zeros, then a member', Buffer.concat([member, Buffer.alloc(3), member]), 'hellohello', undefined],
    ['an empty member between two', Buffer.concat([member, zlib.gzipSync(''), member]), 'hellohello', undefined],
    ['text', Buffer.concat([member, Buffer.from('trailing garbage')]), 'hello', undefined],
    ['half a magic number', Buffer.concat([member, Buffer.of(0x1f, 0x8b)]), 'hello', undefined],
    ['another magic number', Buffer.concat([member, Buffer.of(0x1f, 0x8b, 9, 0)]), 'hello', undefined],
    ['a member cut off', Buffer.concat([member, member.subarray(0, 12)]), 'helloh', 'truncated'],
    ['a wrong checksum', broken(member.length - 8), 'hello', 'corrupt'],
    ['a wrong size', broken(member.length - 4), 'hello', 'corrupt'],
    ['no trailer', member.subarray(0, -8), 'hello', 'truncated'],
  ]
  for (const [name, bytes, output, reason] of cases) {
    for (const size of [bytes.length, 1, 2, 3, 5, 7]) {
      const result = await decode('gzip', pieces(bytes, size), { paced: true })
      t.same([result.output.toString(), result.failure?.[0]], [output, reason], `${name}, by ${size}`)
    }
  }
})

t.test('gzip under another coding: output that waits is not lost where a member ends', async (t) => {
  const inner = Buffer.from(Array.from({ length: 150_000 }, (_, n) => Math.imul(n, 2_654_435_761).toString(36)).join(' '))
  const twice = Buffer.concat(pieces(zlib.brotliCompressSync(inner), 7_000).map((piece) => zlib.gzipSync(piece)))
  const { output, failure } = await decode('br, gzip', pieces(twice, 10_000))
  t.equal(failure, undefined)
  t.ok(output.equals(inner))
})
