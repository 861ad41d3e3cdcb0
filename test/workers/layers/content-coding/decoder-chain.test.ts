/**
 * The decoder chain undoes every coding in every split, ends exactly once on any octets, and stops at its bounds: bombs,
 * truncation, a faster relay.
 */

import { readdirSync, readFileSync } from 'node:fs'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { DecoderChain } from '../../../../src/workers/layers/content-coding/decoder-chain.ts'
import { nativeZstd } from '../../../../src/workers/layers/content-coding/decoding-streams.ts'
import { seededRandom } from '../../../support/chunkings.ts'
import { corpus, fixture, NO_CORPORA } from '../../../support/corpora/corpora.ts'
import { decode, pieces } from '../../../support/recorders/decoded.ts'

const text = Buffer.from('{"event":"delta","text":"lorem ipsum dolor sit amet"}\n'.repeat(300))
const encoders: Record<string, (bytes: Uint8Array) => Buffer> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  'x-gzip': (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes),
}
const compressZstd = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync
if (compressZstd !== undefined) encoders['zstd'] = compressZstd

t.test('every coding, split anywhere', async (t) => {
  for (const [coding, encode] of Object.entries(encoders)) {
    const encoded = encode(text)
    for (const size of [1, 2, 3, 7, 64, encoded.length]) {
      for (const paced of [false, true]) {
        const { output, failure } = await decode(coding, pieces(encoded, size), { paced: paced && size > 2 })
        if (failure !== undefined || !output.equals(text)) t.fail(`${coding} in pieces of ${size}: ${failure}`)
      }
    }
    t.pass(coding)
  }
})

t.test('raw deflate under the name of deflate, and one octet of it', async (t) => {
  t.same(await decode('deflate', pieces(zlib.deflateRawSync(text), 1)), { output: text, failure: undefined })
  t.match(await decode('deflate', [Uint8Array.of(0x78)]), { failure: ['truncated', 'deflate'] })
})

t.test('stacked codings are undone from the last to the first', async (t) => {
  const encoded = zlib.gzipSync(zlib.deflateRawSync(zlib.brotliCompressSync(text)))
  for (const size of [1, 5, encoded.length]) {
    t.same(await decode('br, deflate, gzip', pieces(encoded, size)), { output: text, failure: undefined })
  }
  const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 131) >> 7))
  t.same(await decode('gzip, br', pieces(zlib.brotliCompressSync(zlib.gzipSync(large)), 5_000)), { output: large, failure: undefined })
})

t.test('multi-member gzip, split at every octet around the seam', async (t) => {
  const first = zlib.gzipSync('first ')
  const both = Buffer.concat([first, zlib.gzipSync('second')])
  for (let at = first.length - 9; at < first.length + 12; at++) {
    const { output, failure } = await decode('gzip', [both.subarray(0, at), both.subarray(at)], { paced: true })
    if (failure || output.toString() !== 'first second') t.fail(`split at ${at}: ${output} ${failure}`)
  }
  t.pass('21 splits')
})

t.test('identity passes synchronously; an empty body is never truncated', async (t) => {
  const heard: string[] = []
  const chain = new DecoderChain('identity', {
    onDecoded: (b) => heard.push(Buffer.from(b).toString()),
    onDecodedEnd: () => heard.push('end'),
    onDecodeFailed: () => t.fail(),
  })
  t.ok(chain.identity)
  chain.write(Buffer.from('a'))
  chain.end()
  chain.end()
  t.same(heard, ['a', 'end'])
  for (const coding of ['gzip', 'br', 'compress']) t.same(await decode(coding, []), { output: Buffer.alloc(0), failure: undefined })
})

t.test('truncated at every octet, corrupt, unsupported', async (t) => {
  for (const [coding, encode] of Object.entries(encoders)) {
    const encoded = encode(Buffer.from('hello hello hello'))
    for (let at = 1; at < encoded.length; at++) {
      const { failure } = await decode(coding, [encoded.subarray(0, at)])
      if (failure?.[0] !== 'truncated') t.fail(`${coding} cut at ${at} of ${encoded.length}: ${failure}`)
    }
    t.match(
      await decode(coding, [Buffer.from('<html>this is no encoding at all, but text</html>'.repeat(9))]),
      { failure: ['corrupt'] },
      coding,
    )
  }
  t.match(await decode('compress', [text]), { failure: ['unsupported', 'compress'] })
  t.match(await decode('zstd', [text], { zstd: undefined }), { failure: ['unsupported', 'zstd'] })
  t.match(await decode('br, gzip', [zlib.gzipSync('no brotli, for certain: \xff\xff')]), { failure: ['corrupt', 'br'] })
})

t.test('bombs', async (t) => {
  const zeros = Buffer.alloc(48 << 20)
  for (const [coding, encode] of Object.entries(encoders)) {
    const { output, failure } = await decode(coding, pieces(encode(zeros), 16_384))
    t.equal(failure?.[0], 'ratio_limit', coding)
    t.ok(output.length < 16 << 20, `${coding}: ${output.length} octets came out`)
  }
  const nested = zlib.gzipSync(zlib.gzipSync(zeros))
  t.match(await decode('gzip, gzip', [nested]), { failure: ['ratio_limit'] })
  t.match(await decode('gzip', [zlib.gzipSync(text)], { outputBytes: 1_000 }), { failure: ['output_limit', 'gzip'] })
})

t.test('a relay that is faster than the decoder', async (t) => {
  const random = seededRandom(3)
  const noise = Buffer.from(Array.from({ length: 3 << 20 }, () => random() * 256))
  const encoded = zlib.gzipSync(noise)
  t.match(await decode('gzip', pieces(encoded, 65_536)), { failure: ['backlog_limit', 'gzip'] })
})

t.test('closed: nothing is told any more', async (t) => {
  const chain = new DecoderChain('gzip', {
    onDecoded: () => t.fail('decoded'),
    onDecodedEnd: () => t.fail('end'),
    onDecodeFailed: () => t.fail('failed'),
  })
  chain.write(zlib.gzipSync(text))
  chain.close()
  chain.write(text)
  chain.end()
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.pass('silent')
})

function brotliVectors(folder: string): [string, Buffer, Buffer][] {
  const named = /^(.*)\.compressed(?:\.\d+)?$/
  return readdirSync(folder).flatMap((name) => {
    const plain = named.exec(name)?.[1]
    if (plain === undefined || !readdirSync(folder).includes(plain)) return []
    return [[name, readFileSync(`${folder}/${name}`), readFileSync(`${folder}/${plain}`)]]
  })
}

t.test('brotli vectors', async (t) => {
  const folder = corpus('brotli')
  if (folder === undefined) t.comment(`only the committed part: ${NO_CORPORA}`)
  for (const [name, encoded, plain] of brotliVectors(folder ?? fixture('brotli'))) {
    for (const size of [1_000, encoded.length]) {
      const { output, failure } = await decode('br', pieces(encoded, size), { paced: true })
      t.ok(failure === undefined && output.equals(plain), `${name} ${failure ?? ''}`)
    }
  }
})

t.test('zstd golden vectors', async (t) => {
  if (nativeZstd === undefined) return void t.comment('skipped: node:zlib has no zstd here')
  const folder = fixture('zstd-golden/golden-decompression')
  for (const name of readdirSync(folder)) {
    const encoded = readFileSync(`${folder}/${name}`)
    for (const size of [1, encoded.length]) t.equal((await decode('zstd', pieces(encoded, size), { paced: true })).failure, undefined, name)
  }
  const plain = fixture('zstd-golden/golden-compression')
  for (const name of readdirSync(plain)) {
    const bytes = readFileSync(`${plain}/${name}`)
    t.same(await decode('zstd', pieces((compressZstd as (bytes: Uint8Array) => Buffer)(bytes), 100)), { output: bytes, failure: undefined })
  }
})

t.test('of two codings that fail, the one whose octets came first is told', async (t) => {
  // The deflate data is none from its start; the gzip stream around it is cut at its end.
  const bytes = zlib.gzipSync(text).subarray(0, -3)
  const told = new Set<string | undefined>()
  for (let n = 0; n < 300; n++) told.add((await decode('deflate, gzip', [bytes])).failure?.join(' ').slice(0, 15))
  t.same([...told], ['corrupt deflate'])
})

t.test('property: any octets end once, with an end or a failure', async (t) => {
  const coding = fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'deflate, gzip')
  const mutated = fc.tuple(coding, fc.nat(), fc.nat(255)).map(([name, at, byte]): [string, Uint8Array] => {
    const bytes = Uint8Array.from(zlib.gzipSync(text))
    bytes[at % bytes.length] = byte
    return [name, bytes]
  })
  const input = fc.oneof(fc.tuple(coding, fc.uint8Array({ maxLength: 100 })), mutated)
  await fc.assert(
    fc.asyncProperty(input, fc.integer({ min: 1, max: 50 }), async ([name, bytes], size) => {
      const whole = await decode(name, [bytes])
      const split = await decode(name, pieces(bytes, size))
      return whole.failure?.[0] === split.failure?.[0]
    }),
    { numRuns: 200 },
  )
  t.pass('200 inputs')
})
