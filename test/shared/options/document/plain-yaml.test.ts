/**
 * Plain YAML: what is taken, what is left to the yaml package; property, whatever is taken is what the package reads, without complaint.
 */

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { parseDocument, stringify } from 'yaml'
import { readPlainYaml } from '../../../../src/shared/options/document/plain-yaml.ts'

const TAKEN: readonly (readonly [text: string, value: unknown])[] = [
  ['a: 1\nb: x', { a: 1, b: 'x' }],
  [
    "rules:\n  - match: { host: [a.example, \"b\", 'c''d'] }\n    action: block # why\n",
    { rules: [{ match: { host: ['a.example', 'b', "c'd"] }, action: 'block' }] },
  ],
  ['rules:\n- a: 1\n  b:\n  - 2\n  - 3\nc:\n', { rules: [{ a: 1, b: [2, 3] }], c: null }],
  ['# one\n\na:   # two\n    # three\n  b:\n\n    c: d\n  e: {}\nf: []\n', { a: { b: { c: 'd' }, e: {} }, f: [] }],
  ['a:\n  -\n    b: 1\n  - \n', { a: [{ b: 1 }, null] }],
  [
    'a: [1, -2, 0.5, 1.5, true, FALSE, Null, ~, yes, no, 10.0.0.0/8, 192.0.2.1, 1a.de, 0e.de, 12-3]',
    { a: [1, -2, 0.5, 1.5, true, false, null, null, 'yes', 'no', '10.0.0.0/8', '192.0.2.1', '1a.de', '0e.de', '12-3'] },
  ],
  [
    'a: "\\u0061\\n\\"\\\\"\nb: re:^/v[12]/\nc: http://x/y?z=1#f\nd: a b  c   # e',
    { a: 'a\n"\\', b: 're:^/v[12]/', c: 'http://x/y?z=1#f', d: 'a b  c' },
  ],
  ['a: münchen.example\nb: 🦉 x', { a: 'münchen.example', b: '🦉 x' }],
]

/** Sound and not plain, or not sound: the package's. */
const LEFT = [
  '',
  '# nothing',
  'a',
  '- a',
  '5',
  ' a: 1',
  'a: &x 1',
  'a: *x',
  'a: !t 1',
  'a: |\n  b',
  'a: >\n  b',
  'a: b\n  c',
  'a: "b\n  c"',
  'a: {b: 1,\n  c: 2}',
  'a: 1\na: 2',
  'a: { b: 1, b: 2 }',
  '<<: { a: 1 }',
  '? a\n: b',
  '"a": 1',
  'a b: 1',
  'a: 0x1f',
  'a: 1e3',
  'a: .inf',
  'a: +1',
  'a: 1234567890123456',
  'a: {b}',
  'a: [b: c]',
  'a: [b, ]',
  'a: {b:1}',
  'a: b: c',
  'a:\tb',
  'a: 1\r\n',
  '---\na: 1',
  'a: 1\n---\nb: 1',
  'a: 1\n...',
  '%YAML 1.2\n---\na: 1',
  'a: - b',
  'a:\n  - - b',
  'a: "\\x41"',
  'a: "\\q"',
  "a: 'b",
  'a: "b',
  'a: [b',
  'a: [b]]',
  'a: [b] c',
  'a: {b: c}#d',
  'a:\n   b: 1\n  c: 2',
  'a:\n - b\n- c',
  'a: b\n- c',
  '__proto__: 1',
  '\ufeffa: 1',
  'a: @b',
  'a: `b',
  `a: ${'['.repeat(50)}${']'.repeat(50)}`,
  `${'k'.repeat(200)}: 1`,
]

t.test('what is taken, and what is left', async (t) => {
  for (const [text, value] of TAKEN) t.same(readPlainYaml(text), value, text)
  for (const text of LEFT) t.equal(readPlainYaml(text), undefined, text)
})

/** `undefined`: the package complains. */
function byPackage(text: string): { value: unknown } | undefined {
  const document = parseDocument(text, { stringKeys: true, merge: true, prettyErrors: false })
  return document.errors.length + document.warnings.length > 0 ? undefined : { value: document.toJS() }
}

function agrees(text: string): boolean {
  const value = readPlainYaml(text)
  if (value === undefined) return true
  taken++
  const expected = byPackage(text)
  return expected !== undefined && isDeepStrictEqual(value, expected.value) && JSON.stringify(value) === JSON.stringify(expected.value)
}
let taken = 0

const TOKENS = [
  ...[
    '\n',
    '\n',
    '\n',
    ' ',
    ' ',
    '  ',
    '    ',
    '- ',
    '-',
    ': ',
    ':',
    'a',
    'b',
    'key',
    'a: ',
    'b: ',
    'c:\n',
    'd: x\n',
    '- e: 1\n',
    '#',
    ' # ',
    ',',
    ', ',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '{ f: ',
    ' }',
    '[g, ',
    '"',
    "'",
    '"h"',
    "'i'",
    "''",
    '\\',
    '\\"',
    '\\n',
    '\\u0041',
    '1',
    '-1',
    '0',
    '00',
    '1.5',
    '1.',
    '.5',
    '0x1',
    '0o7',
    '1e3',
    '.inf',
  ],
  ...[
    'true',
    'null',
    'no',
    '~',
    '*',
    '&a ',
    '!t ',
    '|',
    '>',
    '?',
    '? ',
    '%',
    '@',
    '`',
    '---',
    '---\n',
    '...',
    '<<: ',
    '=',
    '/',
    '.',
    '+',
    '\t',
    '\r\n',
    'é',
    '\u00a0',
    '🦉',
  ],
]

t.test('any text of its tokens: left, or as the package reads it', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...TOKENS), { maxLength: 24 }), (tokens) => agrees(tokens.join(''))),
    { numRuns: 30_000 },
  )
  t.ok(taken > 300, `${taken} were taken`)
})

const scalar = fc.oneof(
  fc.constantFrom('a.example', '*.b', 're:^/x', '10.0.0.1', 'true', '', ' a', 'a: b', 'a #b', '#', '-', '- a'),
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b_c', 'd-e', 'f g', '5'), tie('value'), { maxKeys: 3 }),
  ),
}))

t.test('any value as the package writes it, whole and with a line spoilt', async (t) => {
  taken = 0
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'rules', 'x_y'), value),
      fc.constantFrom(2, 4),
      fc.boolean(),
      fc.nat(),
      fc.constantFrom(...TOKENS),
      (map, indent, indentSeq, place, token) => {
        const text = stringify(map, { indent, indentSeq, lineWidth: 0 })
        const at = place % (text.length + 1)
        return agrees(text) && agrees(text.slice(0, at) + token + text.slice(at)) && agrees(text.slice(0, at) + text.slice(at + 1))
      },
    ),
    { numRuns: 5_000 },
  )
  t.ok(taken > 1_000, `${taken} were taken`)
})
