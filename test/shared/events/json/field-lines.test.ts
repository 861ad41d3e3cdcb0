/** Field lines: splitting, redaction, and that any text splits without a throw. */

import fc from 'fast-check'
import t from 'tap'
import { type FieldLine, splitFieldLines } from '../../../../src/shared/events/json/field-lines.ts'
import { REDACTED, RedactedNames } from '../../../../src/shared/events/redacted-names.ts'
import { RedactedQuery } from '../../../../src/shared/events/redacted-query.ts'

const SECRETS = new RedactedNames(new Set(['cookie', 'x-api-key']))
const NO_SECRETS = new RedactedNames(new Set())

/** Splits `block`, which stands in the middle of other octets. */
function split(block: string, redacted = SECRETS): FieldLine[] {
  const bytes = Buffer.from(`A: before\r\n${block}B: after\r\n`, 'latin1')
  return splitFieldLines(bytes, 11, 11 + block.length, redacted, new RedactedQuery([]))
}

const CASES: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
  ['nothing', '', []],
  ['one line', 'Host: a.example\r\n', [['Host', 'a.example']]],
  [
    'white space around the value',
    'A: \t b c \t\r\nB:d\r\n',
    [
      ['A', 'b c'],
      ['B', 'd'],
    ],
  ],
  [
    'an empty value',
    'A:\r\nB: \r\n',
    [
      ['A', ''],
      ['B', ''],
    ],
  ],
  ['colons in values', 'A: b:c: d\r\n', [['A', 'b:c: d']]],
  [
    'pseudo-header fields',
    ':method: GET\r\n:path: /:x\r\n',
    [
      [':method', 'GET'],
      [':path', '/:x'],
    ],
  ],
  [
    'secrets in any case',
    'cOOKIE: a\r\nX-API-Key: b\r\nX-Api: c\r\n',
    [
      ['cOOKIE', REDACTED],
      ['X-API-Key', REDACTED],
      ['X-Api', 'c'],
    ],
  ],
  [
    'bare LF',
    'A: b\nC: d\n',
    [
      ['A', 'b'],
      ['C', 'd'],
    ],
  ],
  [
    'a line cut in its value',
    'A: b\r\nCook: d',
    [
      ['A', 'b'],
      ['Cook', 'd'],
    ],
  ],
  [
    'a line cut in its name',
    'A: b\r\nCoo',
    [
      ['A', 'b'],
      ['Coo', ''],
    ],
  ],
  [
    'a line without colon between others',
    'A: b\r\n folded\r\nC: d\r\n',
    [
      ['A', 'b'],
      ['folded', ''],
      ['C', 'd'],
    ],
  ],
]

for (const [what, block, lines] of CASES) {
  t.test(what, (t) => {
    t.same(split(block), lines)
    t.end()
  })
}

t.test('property: lists written as lines come back; any text splits', (t) => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/)
  const value = fc.stringMatching(/^([!-~]([ -~]{0,30}[!-~])?)?$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value)), (lines) => {
      const block = lines.map(([name, text]) => `${name}: ${text}\r\n`).join('')
      t.same(split(block, NO_SECRETS), lines)
    }),
    { numRuns: 200, seed: 3 },
  )
  fc.assert(
    fc.property(fc.string(), (block) => Array.isArray(split(block))),
    { seed: 3 },
  )
  t.end()
})

t.test('a block of lines without colons is not searched again for each of them', (t) => {
  const block = ' x\r\n'.repeat(100_000)
  const started = performance.now()
  t.equal(split(block).length, 100_000)
  t.ok(performance.now() - started < 2000)
  t.end()
})
