/**
 * What the HPACK encoder writes, our decoder reads back, with the octets of RFC 7541 Appendix C and both tables in step.
 */

import fc from 'fast-check'
import t from 'tap'
import { OctetWriter } from '../../../../../src/workers/layers/http2/frames/octet-writer.ts'
import { HeaderList } from '../../../../../src/workers/layers/http2/head/header-list.ts'
import { HpackDecoder } from '../../../../../src/workers/layers/http2/hpack/hpack-decoder.ts'
import { HpackEncoder } from '../../../../../src/workers/layers/http2/hpack/hpack-encoder.ts'
import { huffmanDecode } from '../../../../../src/workers/layers/http2/hpack/huffman-decoder.ts'
import { huffmanEncode, huffmanLength } from '../../../../../src/workers/layers/http2/hpack/huffman-encoder.ts'
import { fixture } from '../../../../support/corpora/corpora.ts'
import { readStories } from '../../../../support/corpora/hpack-stories.ts'

type Field = readonly [name: string, value: string, neverIndexed?: boolean]

function encode(encoder: HpackEncoder, fields: readonly Field[]): Uint8Array {
  const out = new OctetWriter()
  encoder.begin(out)
  for (const [name, value, never] of fields)
    encoder.field(out, Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'), 0, never ?? false)
  return out.view()
}

function decode(decoder: HpackDecoder, block: Uint8Array): string {
  const list = new HeaderList(1 << 20)
  return decoder.decode(block, 0, block.length, list)?.code ?? Buffer.from(list.bytes.subarray(0, list.length)).toString('latin1')
}

const lines = (fields: readonly Field[]) => fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')

t.test('RFC 7541 Appendix C.4: Huffman-coded requests with indexing', async (t) => {
  const encoder = HpackEncoder.takeOver(4_096)
  const request = (...more: Field[]): Field[] => [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ...more,
  ]
  const hex = (fields: readonly Field[]) => Buffer.from(encode(encoder, fields)).toString('hex')
  t.equal(hex(request()), '203fe11f828684418cf1e3c2e5f23a6ba0ab90f4ff', 'the first block empties the table and sets its size')
  t.equal(hex(request(['cache-control', 'no-cache'])), '828684be5886a8eb10649cbf')
})

t.test('literals leave both tables alone', async (t) => {
  const encoder = HpackEncoder.literals()
  const decoder = new HpackDecoder()
  const fields: Field[] = [
    [':status', '403'],
    [':status', '200'],
    ['content-type', 'text/plain'],
    ['x-own', 'y'],
    ['x-own', 'y'],
  ]
  for (let i = 0; i < 2; i++) {
    t.equal(decode(decoder, encode(encoder, fields)), lines(fields))
    t.notOk(decoder.mutated)
  }
  t.equal(decoder.table.count, 0)
})

t.test('never indexed stays so', async (t) => {
  const block = encode(HpackEncoder.takeOver(4_096), [['authorization', 'secret', true]])
  t.equal((block[4] as number) & 0xf0, 0x10)
  const list = new HeaderList(1_000)
  new HpackDecoder().decode(block, 0, block.length, list)
  t.ok(list.isNeverIndexed(0))
})

t.test('a takeover goes on from any table', async (t) => {
  for (const cases of readStories(fixture('hpack-test-case')).values()) {
    const sender = new HpackDecoder()
    const receiver = new HpackDecoder()
    sender.limit = receiver.limit = 65_536
    const at = cases.length >> 1
    const encoder = HpackEncoder.takeOver(4_096)
    for (const [i, one] of cases.entries()) {
      if (typeof one.header_table_size === 'number') {
        sender.limit = receiver.limit = one.header_table_size
        encoder.resize(Math.min(4_096, one.header_table_size))
      }
      const wire = Buffer.from(one.wire, 'hex')
      const fields = one.headers
        .flatMap((header) => Object.entries(header))
        .map(([n, v]) => [n, Buffer.from(v).toString('latin1')] as Field)
      t.equal(decode(sender, wire), lines(fields))
      if (i !== at) t.equal(decode(receiver, i < at ? wire : encode(encoder, fields)), lines(fields), `block ${i}, withheld ${at}`)
    }
  }
})

t.test('any fields come out as they went in', async (t) => {
  const name = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcdefgh-') })
  const value = fc.string({ maxLength: 200, unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) })
  const field = fc.tuple(name, value, fc.boolean())
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.array(field, { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 4_096 }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const encoder = HpackEncoder.takeOver(1_000)
      const decoder = new HpackDecoder()
      for (const one of steps) {
        if (typeof one !== 'number') {
          if (decode(decoder, encode(encoder, one)) !== lines(one)) return false
          continue
        }
        decoder.limit = one
        encoder.resize(one)
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('every octet survives Huffman coding', async (t) => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)
  const out = new OctetWriter()
  huffmanEncode(all, 0, 256, out)
  t.equal(out.length, huffmanLength(all, 0, 256))
  const back = new Uint8Array(2_000)
  t.equal(huffmanDecode(out.bytes, 0, out.length, back, 0), 256)
  t.same(back.subarray(0, 256), all)
})
