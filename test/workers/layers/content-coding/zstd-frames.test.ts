/**
 * ZstdFrames: pieces of real and made frames, whatever the splits; what a decoder without bounds must never see.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { ZstdFrames } from '../../../../src/workers/layers/content-coding/zstd-frames.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { fixture } from '../../../support/corpora/corpora.ts'

interface Cut {
  readonly pieces: Buffer[]
  readonly windows: number[]
  readonly failure: string
  readonly complete: boolean
  readonly checksums: (number | undefined)[]
}

function cut(chunks: readonly Uint8Array[]): Cut {
  const pieces: Buffer[] = []
  const windows: number[] = []
  const checksums: (number | undefined)[] = []
  const frames = new ZstdFrames({
    onZstdPiece: (bytes, window) => {
      pieces.push(Buffer.from(bytes))
      windows.push(window)
    },
    onZstdFrameEnd: (checksum) => checksums.push(checksum),
  })
  for (const chunk of chunks) for (let at = 0; at < chunk.length && frames.failure === ''; ) at = frames.execute(chunk, at)
  return { pieces, windows, failure: frames.failure, complete: frames.complete, checksums }
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
/** A window of 1 KiB, two raw blocks, a checksum; then a skippable frame; then a single segment of 3 octets as one RLE block. */
const FRAMES = Uint8Array.of(
  ...[...MAGIC, 0x04, 0x00, 0x10, 0, 0, 1, 2, 0x09, 0, 0, 3, 9, 9, 9, 9],
  ...[0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7],
  ...[...MAGIC, 0x20, 3, 0x1b, 0, 0, 5],
)

t.test('heads, blocks and checksums, whatever the splits', async (t) => {
  const expected = [
    [...MAGIC, 4, 0],
    [0x10, 0, 0, 1, 2],
    [0x09, 0, 0, 3],
    [9, 9, 9, 9],
    [...MAGIC, 0x20, 3],
    [0x1b, 0, 0, 5],
  ]
  for (const chunks of chunkings(FRAMES)) {
    const { pieces, windows, failure, complete, checksums } = cut(chunks)
    t.same(
      pieces.map((piece) => [...piece]),
      expected,
    )
    t.same(windows, [1024, 1024, 1024, 1024, 3, 3])
    t.same(checksums, [0x09090909, undefined])
    t.ok(complete && failure === '')
  }
})

t.test('windows by every form of a head', async (t) => {
  const windowOf = (...rest: number[]) => cut([Uint8Array.of(...MAGIC, ...rest)])
  t.same(windowOf(0x00, 0x69).windows, [2 ** 23 + 2 ** 20].slice(1), '9 MB is refused')
  t.match(windowOf(0x00, 0x69).failure, /8 MB/)
  t.same(windowOf(0x00, 0x68).windows, [2 ** 23])
  t.same(windowOf(0x60, 0x01, 0x02).windows, [0x0201 + 256])
  t.same(windowOf(0xa0, 1, 0, 0, 0).windows, [1])
  t.match(windowOf(0xe0, 0, 0, 0, 0, 1, 0, 0, 0).failure, /8 MB/)
  t.same(windowOf(0x23, 0, 0, 0, 0, 9).windows, [9], 'behind the dictionary 0, which is none')
})

t.test('what breaks the rules', async (t) => {
  t.match(cut([Uint8Array.of(1, 2, 3, 4)]).failure, /no zstd frame/)
  t.match(cut([Uint8Array.of(...MAGIC, 0x00, 0x00, 0x06, 0, 0)]).failure, /reserved type/)
  t.match(cut([Uint8Array.of(...MAGIC, 0x00, 0x00, 0x0a, 0, 0x20)]).failure, /128 KiB/)
  t.match(cut([Uint8Array.of(...MAGIC, 0x28, 3)]).failure, /reserved bit/)
})

t.test('a dictionary is asked for, not corrupt', async (t) => {
  for (const head of [
    [0x21, 7, 9],
    [0x02, 0, 0, 7],
    [0x23, 0, 0, 0, 7, 9],
  ]) {
    const frames = new ZstdFrames({ onZstdPiece: () => t.fail('a piece'), onZstdFrameEnd: () => t.fail('an end') })
    frames.execute(Uint8Array.of(...MAGIC, ...head), 0)
    t.ok(frames.asksMore && /dictionary/.test(frames.failure), String(head))
  }
})

t.test('what follows a frame and is none is ignored, what might become one is not missed', async (t) => {
  const whole = cut([FRAMES])
  for (const rest of [[0], [1, 2, 3], [1, 2, 3, 4, 5, 6], MAGIC.slice(0, 3), [...Buffer.from('garbage behind it')]]) {
    for (const chunks of chunkings(Uint8Array.of(...FRAMES, ...rest))) {
      const { pieces, failure, complete } = cut(chunks)
      t.ok(complete && failure === '' && Buffer.concat(pieces).equals(Buffer.concat(whole.pieces)), String(rest))
    }
  }
  t.notOk(cut([Uint8Array.of(...FRAMES, ...MAGIC)]).complete, 'a frame that has begun must end')
  t.notOk(cut([Uint8Array.of(...MAGIC.slice(0, 3))]).complete)
})

t.test('golden frames are cut without a rest', async (t) => {
  const folder = fixture('zstd-golden/golden-decompression')
  for (const name of readdirSync(folder)) {
    const { pieces, failure, complete } = cut([readFileSync(join(folder, name))])
    t.ok(pieces.length > 0 && failure === '' && complete, name)
  }
})

t.test('any octets: pieces or a failure, the same for every split', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (tail, at) => {
      const bytes = Uint8Array.of(...MAGIC, ...tail)
      const whole = cut([bytes])
      const split = cut([bytes.slice(0, at), bytes.slice(at)])
      return whole.failure === split.failure && Buffer.concat(whole.pieces).equals(Buffer.concat(split.pieces))
    }),
  )
  t.pass()
})
