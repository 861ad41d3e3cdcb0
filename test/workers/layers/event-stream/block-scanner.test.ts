/** Blocks of an event stream against a model over the whole body, in every split. */

import fc from 'fast-check'
import t from 'tap'
import { BlockScanner } from '../../../../src/workers/layers/event-stream/block-scanner.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { type Blocks, blocksOf } from '../../../support/octets/event-blocks.ts'

/** What the scanner finds, in the form of the model. */
function scanned(chunks: Iterable<Uint8Array>): Blocks {
  const scanner = new BlockScanner()
  const blocks: { text: string; isEvent: boolean; type: string }[] = []
  let mark = ''
  let text = ''
  let total = 0
  const end = () => {
    blocks.push({ text, isEvent: scanner.isEvent, type: scanner.type })
    text = ''
  }
  for (const chunk of chunks) {
    total += chunk.length
    const latin1 = Buffer.from(chunk).toString('latin1')
    let at = scanner.skipMark(chunk, 0)
    mark += latin1.slice(0, at)
    while (at < chunk.length) {
      const next = scanner.advance(chunk, at)
      text += latin1.slice(at, next)
      at = next
      if (scanner.ended) end()
    }
    chunk.fill(0x2a)
  }
  if (scanner.finish()) end()
  t.equal(scanner.offset, total)
  t.equal(scanner.events, blocks.filter((block) => block.isEvent).length)
  return { mark, blocks, rest: text }
}

const BODIES: readonly string[] = [
  '',
  '\n',
  'data: a\n\n',
  'event: x\ndata: a\n\n: ping\n\ndata: b\n\n',
  'data: a\r\n\r\ndata: b\r\n\r\n',
  'data: a\r\rdata: b\r\r',
  'data: a\r\n\rdata: b\n\r\n',
  '\xef\xbb\xbfdata: a\n\n',
  '\xef\xbbdata: a\n\n',
  '\xef\n\ndata: a\n\n',
  'data\n\ndat: x\n\ndataa: x\n\n data: x\n\nevent\ndata:\n\n',
  'event: a\nevent: b\ndata: 1\nevent:\n\nevent: c\n\ndata: d\n\n',
  'id: 1\nretry: 5\n\ndata: incomplete',
  `event: ${'y'.repeat(40)}\n:${'x'.repeat(300)}\ndata: z\n\n`,
]

for (const body of BODIES)
  t.test(JSON.stringify(body.slice(0, 40)), async (t) => {
    const expected = blocksOf(body)
    for (const chunks of chunkings(Buffer.from(body, 'latin1'))) t.same(scanned(chunks), expected)
  })

t.test('any stream, any split', async () => {
  const piece = fc.constantFrom(
    'data',
    'event',
    ':',
    ' ',
    'a',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    '\xc3\xa9',
    '\xef\xbb\xbf',
    '\xef',
    'data: x\n\n',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (pieces, size) => {
      const body = Buffer.from(pieces.join(''), 'latin1')
      const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, n) =>
        Uint8Array.from(body.subarray(n * size, (n + 1) * size)),
      )
      t.same(scanned(chunks), blocksOf(body.toString('latin1')))
    }),
    { numRuns: 500 },
  )
})
