/**
 * The JSON scanner picks the values at its paths as JSON.parse would, in every split, within its bounds.
 */

import fc from 'fast-check'
import t from 'tap'
import { compileJsonPaths, type JsonPath } from '../../../../src/workers/layers/json/json-paths.ts'
import type { JsonKind, JsonScalar } from '../../../../src/workers/layers/json/json-scalar.ts'
import { JsonScanner } from '../../../../src/workers/layers/json/json-scanner.ts'
import { chunkings } from '../../../support/chunkings.ts'

const KINDS = ['string', 'number', 'true', 'false', 'null', 'object', 'array']
const PATHS: readonly JsonPath[] = [
  [0],
  [1, 'id'],
  [2, 'a', 'b'],
  [3, 'list', '*', 'x'],
  [4, '*'],
  [5, '*', 'id'],
  [6, 'a'],
  [7, '__proto__'],
]

function scan(chunks: Iterable<Uint8Array>): { facts: string[]; end: string } {
  const facts: string[] = []
  const scanner = new JsonScanner(compileJsonPaths(PATHS), {
    onJsonScalar: (path: number, s: JsonScalar) => facts.push(`${path} ${KINDS[s.kind]} ${s.text}${s.truncated ? ' …' : ''}`),
    onJsonOpen: (path: number, kind: JsonKind) => facts.push(`${path} open ${KINDS[kind]}`),
    onJsonClose: (path: number, kind: JsonKind) => facts.push(`${path} close ${KINDS[kind]}`),
  })
  for (const chunk of chunks) {
    scanner.execute(chunk)
    chunk.fill(0x78)
  }
  const done = scanner.finish()
  return { facts, end: scanner.failed ? 'failed' : done ? 'done' : 'incomplete' }
}

t.test('values at chosen places, whatever the splits', async (t) => {
  const object = (...inside: string[]) => ['0 open object', ...inside, '0 close object']
  const cases: [string, string[], string?][] = [
    ['{"id":7}', object('1 number 7')],
    [' {\r\n"id" : "x" ,\t"z":[1,{"id":2}]} ', object('1 string x')],
    ['{"a":{"b":true,"c":{"b":1}},"b":3}', object('6 open object', '2 true true', '6 close object')],
    ['{"a":null}', object('6 null null')],
    ['{"list":[{"x":1},{"y":2},{"x":"é€"}]}', object('3 number 1', '3 string é€')],
    ['{"\\u0069d":"\\n\\"\\\\ \\ud83d\\ude00"}', object('1 string \n"\\ 😀')],
    [
      '[{"id":1},[2],"s",-1.5e3,false]',
      [
        '0 open array',
        '4 open object',
        '5 number 1',
        '4 close object',
        '4 open array',
        '4 close array',
        '4 string s',
        '4 number -1.5e3',
        '4 false false',
        '0 close array',
      ],
    ],
    ['42', ['0 number 42']],
    ['"x"', ['0 string x']],
    ['{"__proto__":{}}', object('7 open object', '7 close object')],
    ['{}', object()],
    ['[]', ['0 open array', '0 close array']],
    ['{"id":1', ['0 open object', '1 number 1'], 'incomplete'],
    ['', [], 'incomplete'],
    ['{"id":1}}', object('1 number 1'), 'failed'],
    ['{"id" 1}', ['0 open object'], 'failed'],
    ['{id:1}', ['0 open object'], 'failed'],
    ['[1,]', ['0 open array', '4 number 1'], 'failed'],
    ['[1}', ['0 open array', '4 number 1'], 'failed'],
    ['{"id":tru1}', ['0 open object'], 'failed'],
    ['<html>', [], 'failed'],
    ['['.repeat(300), ['0 open array', '4 open array'], 'failed'],
  ]
  for (const [input, facts, end = 'done'] of cases) {
    for (const chunks of chunkings(Buffer.from(input))) {
      const result = scan(chunks)
      // A number in the document's last octets is only known to be complete at its end.
      if (input.endsWith('1') && end === 'incomplete') result.facts[1] ??= '1 number 1'
      if (JSON.stringify(result) !== JSON.stringify({ facts, end })) {
        t.same(result, { facts, end }, input)
        break
      }
    }
    t.pass(input.slice(0, 40))
  }
})

t.test('long scalars are cut, long keys match nothing', async (t) => {
  const input = Buffer.from(`{"${'k'.repeat(5_000)}":1,"id":"${'v'.repeat(5_000)}"}`)
  for (const size of [7, input.length]) {
    const chunks = Array.from({ length: Math.ceil(input.length / size) }, (_, i) =>
      Uint8Array.from(input.subarray(i * size, (i + 1) * size)),
    )
    t.same(scan(chunks).facts, ['0 open object', `1 string ${'v'.repeat(1_024)} …`, '0 close object'])
  }
})

t.test('reset: one scanner, many documents', async (t) => {
  const texts: string[] = []
  const scanner = new JsonScanner(compileJsonPaths([[1, 'id']]), {
    onJsonScalar: (_, s) => texts.push(s.text),
    onJsonOpen() {},
    onJsonClose() {},
  })
  for (const document of ['{"id":1}', '{"id":"unfin', '{"x":', '{"id":2}']) {
    scanner.reset()
    t.ok(scanner.untouched)
    scanner.execute(Buffer.from(document))
  }
  t.ok(scanner.done)
  t.same(texts, ['1', '2'])
})

t.test('property: JSON is complete; the values are those JSON.parse gives; any octets, any splits', async (t) => {
  fc.assert(
    fc.property(
      fc.record({
        id: fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer()),
        rest: fc.jsonValue(),
        a: fc.record({ b: fc.string() }),
      }),
      (value) => {
        const text = JSON.stringify(value)
        const { facts, end } = scan([Uint8Array.from(Buffer.from(text))])
        const clean = JSON.parse(Buffer.from(text).toString())
        return end === 'done' && facts.includes(`1 ${typeof value.id} ${clean.id}`) && facts.includes(`2 string ${clean.a.b}`)
      },
    ),
    { numRuns: 300 },
  )
  const soup = fc
    .array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"id"', '1', 'true', 'null', ' ', 'é', '"a":', '"\\u0069d":'), {
      maxLength: 16,
    })
    .map((parts) => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(soup, fc.integer(), (input, seed) => {
      const whole = JSON.stringify(scan([Uint8Array.from(input)]))
      for (const chunks of chunkings(input, seed)) if (JSON.stringify(scan(chunks)) !== whole) return false
      return true
    }),
    { numRuns: 500 },
  )
  t.pass('800 inputs')
})
