/**
 * The HPACK decoder reads the stories of 14 encoders, quotes the rule that a broken block breaks, and never throws (RFC 7541).
 */

import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HeaderList } from '../../../../../src/workers/layers/http2/head/header-list.ts'
import { HpackDecoder } from '../../../../../src/workers/layers/http2/hpack/hpack-decoder.ts'
import { corpus, fixture, NO_CORPORA } from '../../../../support/corpora/corpora.ts'
import { type HpackCase, linesOf, readStories } from '../../../../support/corpora/hpack-stories.ts'

const LIMIT = 1 << 20

function decodeHex(decoder: HpackDecoder, wire: string, list = new HeaderList(LIMIT)): string {
  const block = Buffer.from(wire.replaceAll(' ', ''), 'hex')
  const violation = decoder.decode(block, 0, block.length, list)
  return violation?.code ?? Buffer.from(list.bytes.subarray(0, list.length)).toString('latin1')
}

/** The number of blocks that came out as the story says, and the first that did not. */
function runStory(cases: readonly HpackCase[]): { blocks: number; wrong: string | undefined } {
  const decoder = new HpackDecoder()
  decoder.limit = 65_536
  const list = new HeaderList(LIMIT)
  for (const [blocks, one] of cases.entries()) {
    if (typeof one.header_table_size === 'number') decoder.limit = one.header_table_size
    const got = decodeHex(decoder, one.wire, list)
    if (got !== linesOf(one)) return { blocks, wrong: `block ${blocks}: ${got}` }
  }
  return { blocks: cases.length, wrong: undefined }
}

function runStories(t: Test, folder: string, name: string): void {
  let blocks = 0
  for (const [file, cases] of readStories(folder)) {
    const { blocks: count, wrong } = runStory(cases)
    blocks += count
    if (wrong !== undefined) t.fail(`${name} ${file}: ${wrong}`)
  }
  t.ok(blocks > 0, `${name}: ${blocks} blocks`)
}

t.test('stories of 14 encoders', async (t) => {
  runStories(t, fixture('hpack-test-case'), 'fixtures')
})

const small = corpus('hpack-test-case', 'small')
t.test('stories: the whole corpus', { skip: small === undefined ? NO_CORPORA : false }, async (t) => {
  for (const encoder of readdirSync(small ?? '')) runStories(t, `${small}/${encoder}`, encoder)
})

t.test('RFC 7541 Appendix C.5 and C.6: responses with eviction', async (t) => {
  const first = ':status: 302\r\ncache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:21 GMT\r\nlocation: https://www.example.com\r\n'
  const second = ':status: 307\r\ncache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:21 GMT\r\nlocation: https://www.example.com\r\n'
  const third =
    ':status: 200\r\ncache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:22 GMT\r\nlocation: https://www.example.com\r\n' +
    'content-encoding: gzip\r\nset-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\r\n'
  const plain = [
    '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
    '4803333037c1c0bf',
    '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
  ]
  const huffman = [
    '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
    '4883640effc1c0bf',
    '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
  ]
  for (const blocks of [plain, huffman]) {
    const decoder = new HpackDecoder()
    decoder.table.resize(256)
    t.same(
      blocks.map((block) => decodeHex(decoder, block)),
      [first, second, third],
    )
    t.equal(decoder.table.size, 215)
    t.equal(decoder.table.count, 3)
  }
})

t.test('violations', async (t) => {
  const cases: [string, string, string][] = [
    ['80', 'hpack_index_zero', 'indexed field 0'],
    ['be', 'hpack_index_out_of_range', 'an empty table has no entry 62'],
    ['7e0161', 'hpack_index_out_of_range', 'a name of an empty table'],
    ['ff', 'hpack_truncated', 'index without its rest'],
    ['ff80', 'hpack_truncated', 'index that goes on'],
    ['ff8080808080', 'hpack_integer_overflow', 'five octets that go on'],
    ['ffffffffffff0f', 'hpack_integer_overflow', 'an index of 35 bits'],
    ['ffffffffff7f', 'hpack_integer_overflow', 'an index above 2²⁸'],
    ['40', 'hpack_truncated', 'literal without a name'],
    ['4003', 'hpack_truncated', 'a name without its octets'],
    ['400161', 'hpack_truncated', 'a literal without a value'],
    ['40016102', 'hpack_truncated', 'a value without its octets'],
    ['4001618100', 'hpack_huffman_padding', 'Huffman padding of zeros'],
    ['40016182ffff', 'hpack_huffman_padding', 'a whole octet of padding'],
    ['40016184ffffffff', 'hpack_huffman_eos', 'EOS within a string'],
    ['823f00', 'hpack_size_update_misplaced', 'a size update behind a field'],
    ['20202082', 'hpack_size_update_misplaced', 'three size updates'],
    ['3fe21f', 'hpack_size_update_too_large', 'a size of 4,097'],
  ]
  for (const [wire, code, name] of cases) t.equal(decodeHex(new HpackDecoder(), wire), code, name)
  t.equal(decodeHex(new HpackDecoder(), '203fe11f82'), ':method: GET\r\n', 'two size updates, the second up to the limit')
})

t.test('a lowered limit has to be followed by a size update', async (t) => {
  const decoder = new HpackDecoder()
  decoder.limit = 100
  decoder.limit = 4_096
  t.equal(decoder.owedUpdate, 100, 'the lowest in between')
  t.equal(decodeHex(decoder, ''), '', 'an empty block refers to nothing')
  t.equal(decodeHex(decoder, '3fe11f82'), 'hpack_size_update_missing', '4,096 only')
  const other = new HpackDecoder()
  other.limit = 100
  t.equal(decodeHex(other, '82'), 'hpack_size_update_missing')
  const good = new HpackDecoder()
  good.limit = 100
  t.equal(decodeHex(good, '3f4582'), ':method: GET\r\n')
  t.equal(good.owedUpdate, -1)
  t.ok(good.mutated)
})

t.test('a list beyond its limit is thrown away, and the table stays in step', async (t) => {
  const decoder = new HpackDecoder()
  const list = new HeaderList(100)
  const violation = decodeHex(decoder, `4001610161 400162${'7f29'}${'78'.repeat(168)} 4001630163`, list)
  t.equal(violation, 'a: a\r\n')
  t.ok(list.overflow)
  t.equal(list.fields.count, 1)
  t.equal(decodeHex(decoder, 'bebfc0', new HeaderList(LIMIT)), `c: c\r\nb: ${'x'.repeat(168)}\r\na: a\r\n`)
  const bomb = new HeaderList(1_000)
  decodeHex(decoder, 'bf'.repeat(10_000), bomb)
  t.ok(bomb.overflow)
  t.equal(bomb.size, 10_000 * (1 + 168 + 32))
  t.ok(bomb.bytes.length <= 2_048, 'references to a long entry take no memory')
})

t.test('any octets: fields or a violation, never a throw', async (t) => {
  const list = new HeaderList(4_096)
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 8 }), (blocks) => {
      const decoder = new HpackDecoder()
      for (const block of blocks) {
        if (decoder.decode(block, 0, block.length, list) !== undefined) return true
        if (decoder.table.size > 4_096 || list.fields.end > list.length) return false
      }
      return true
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})
