/**
 * PortableZstd: golden frames, several frames, bombs and lies, as `node:zlib`'s own decoder is used where a runtime has none.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import t from 'tap'
import { DecoderChain } from '../../../../src/workers/layers/content-coding/decoder-chain.ts'
import { PortableZstd } from '../../../../src/workers/observers/payloads/portable-zstd.ts'
import { fixture } from '../../../support/corpora/corpora.ts'

interface Decoded {
  readonly bytes: Buffer
  readonly failure: string
}

function decode(chunks: readonly Uint8Array[]): Promise<Decoded> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const chain = new DecoderChain(
      'zstd',
      {
        onDecoded: (bytes) => void parts.push(Buffer.from(bytes)),
        onDecodedEnd: () => resolve({ bytes: Buffer.concat(parts), failure: '' }),
        onDecodeFailed: (reason, _coding, detail) => resolve({ bytes: Buffer.concat(parts), failure: `${reason}: ${detail}` }),
      },
      { zstd: () => new PortableZstd() },
    )
    for (const chunk of chunks) chain.write(chunk)
    chain.end()
  })
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const FOLDER = fixture('zstd-golden/golden-decompression')

/** fzstd 0.1.1 does not take the two-octet form of "no sequences" (RFC 8878 §3.1.1.3.2.1.1), which no encoder is known to write. */
const BEYOND_FZSTD = 'zeroSeq_2B.zst'

t.test('golden frames', async (t) => {
  t.match((await decode([readFileSync(join(FOLDER, BEYOND_FZSTD))])).failure, /^corrupt/, BEYOND_FZSTD)
  for (const name of readdirSync(FOLDER).filter((name) => name !== BEYOND_FZSTD)) {
    const bytes = readFileSync(join(FOLDER, name))
    const { bytes: whole, failure } = await decode([bytes])
    t.equal(failure, '', name)
    const split = await decode(Array.from(bytes, (octet) => Uint8Array.of(octet)))
    t.ok(split.bytes.equals(whole) && split.failure === '', `${name}, octet by octet`)
  }
})

const compress = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync
t.test('what node:zlib compresses', { skip: compress === undefined ? 'this runtime has no zstd' : false }, async (t) => {
  const text = Buffer.from(Array.from({ length: 40_000 }, (_, n) => `line ${n * 7919}\n`).join(''))
  const frame = compress?.(text) ?? text
  t.ok((await decode([frame])).bytes.equals(text))
  t.ok((await decode([Buffer.concat([frame, frame])])).bytes.equals(Buffer.concat([text, text])), 'two frames')
  t.match((await decode([frame.subarray(0, frame.length - 5)])).failure, /^truncated/)
})

t.test('bombs end by a bound, and leave the event loop its turns', async (t) => {
  // 1,024 RLE blocks of 128 KiB in 4 KiB: 128 MiB.
  const rle = Buffer.concat([Uint8Array.of(...MAGIC, 0, 0x68), ...Array.from({ length: 1024 }, () => Uint8Array.of(0x02, 0, 0x10, 7))])
  t.match((await decode([rle])).failure, /^ratio_limit|^output_limit/)
  // Blocks of one octet in the largest window: each moves 8 MB.
  const small = Buffer.concat([Uint8Array.of(...MAGIC, 0, 0x68), ...Array.from({ length: 20_000 }, () => Uint8Array.of(0x0a, 0, 0, 7))])
  let turns = 0
  const ticker = setInterval(() => turns++, 1)
  t.match((await decode([small])).failure, /^backlog_limit/)
  clearInterval(ticker)
  t.ok(turns > 10, `${turns} turns`)
  t.match((await decode([Uint8Array.of(...MAGIC, 0, 0xff, 0, 0, 0)])).failure, /^unsupported: .*8 MB/)
  t.match((await decode([Buffer.from('nothing like it')])).failure, /^corrupt/)
})

t.test('a frame shorter than any that the library begins by itself is over where it ends', async (t) => {
  // `z` by zstd with a checksum, and an octet in two blocks without.
  const z = Buffer.from('28b52ffd04000900007a88e4a877', 'hex')
  const plain = Buffer.from('28b52ffd000008000082010000', 'hex')
  t.same(await decode([z]), { bytes: Buffer.from('z'), failure: '' })
  t.same(await decode([z, plain, z]), { bytes: Buffer.from([0x7a, 0x82, 0x7a]), failure: '' })
  t.same(await decode(Array.from(Buffer.concat([z, z]), (octet) => Uint8Array.of(octet))), { bytes: Buffer.from('zz'), failure: '' })
  t.match((await decode([z.subarray(0, 13)])).failure, /^truncated/)
})

t.test('checksums are looked at, frame by frame', async (t) => {
  // `hello hello hello hello ` by zstd, with a checksum.
  const frame = Buffer.from('28b52ffd24186500003068656c6c6f200100f14a11d76f46e7', 'hex')
  const wrong = Buffer.from(frame)
  wrong.writeUInt8(wrong.readUInt8(frame.length - 1) ^ 1, frame.length - 1)
  const text = 'hello hello hello hello '
  for (const split of [(bytes: Buffer) => [bytes], (bytes: Buffer) => Array.from(bytes, (octet) => Uint8Array.of(octet))]) {
    const both = await decode(split(Buffer.concat([frame, frame])))
    t.same([both.bytes.toString(), both.failure], [text + text, ''])
    const broken = await decode(split(Buffer.concat([frame, wrong])))
    t.same([broken.bytes.toString(), broken.failure], [text + text, 'corrupt: the checksum of a frame is wrong'])
  }
})
