/**
 * Lines in every split; one beyond the limit costs its own text only.
 */

import fc from 'fast-check'
import t from 'tap'
import { isNdjsonType, LineSplitter } from '../../../../src/workers/layers/payload/line-splitter.ts'
import { chunkings } from '../../../support/chunkings.ts'

function lines(chunks: Iterable<Uint8Array>): [number, string, number][] {
  const facts: [number, string, number][] = []
  const splitter = new LineSplitter({
    onLine: (index, bytes, start, end, size) => facts.push([index, Buffer.from(bytes.slice(start, end)).toString('latin1'), size]),
  })
  for (const chunk of chunks) {
    splitter.execute(chunk)
    chunk.fill(0)
  }
  splitter.finish()
  return facts
}

t.test('lines, whatever the splits', async (t) => {
  const cases: [string, [number, string, number][]][] = [
    ['', []],
    [
      '{"a":1}\n{"b":2}\n',
      [
        [0, '{"a":1}', 7],
        [1, '{"b":2}', 7],
      ],
    ],
    [
      '1\r\n\n\r\n2',
      [
        [0, '1\r', 2],
        [1, '2', 1],
      ],
    ],
    ['\n\n', []],
  ]
  for (const [input, expected] of cases) for (const chunks of chunkings(Buffer.from(input))) t.same(lines(chunks), expected)
})

t.test('a line beyond the limit: its size, a prefix, and the next one whole', async (t) => {
  const input = Buffer.from(`${'x'.repeat(300_000)}\nnext\n`)
  for (const size of [1_000, input.length]) {
    const chunks = Array.from({ length: Math.ceil(input.length / size) }, (_, i) =>
      Uint8Array.from(input.subarray(i * size, (i + 1) * size)),
    )
    t.same(lines(chunks), [
      [0, 'x'.repeat(262_144), 300_000],
      [1, 'next', 4],
    ])
  }
})

t.test('property: the lines that are not empty', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('\n', '\r', 'a', '{}', '\xff'), { maxLength: 30 }), (parts) => {
      const input = parts.join('')
      const expected = input.split('\n').filter((line) => line !== '' && line !== '\r')
      for (const chunks of chunkings(Buffer.from(input, 'latin1')))
        if (
          lines(chunks)
            .map((l) => l[1])
            .join('\n') !== expected.join('\n')
        )
          return false
      return true
    }),
  )
  t.pass('100 inputs')
})

t.test('media types', async (t) => {
  t.ok(isNdjsonType('application/x-ndjson'))
  t.notOk(isNdjsonType('application/json'))
})
