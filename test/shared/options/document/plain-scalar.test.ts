/** Plain scalars: words, numbers, texts that look like them; all of a small alphabet against the core schema and the yaml package. */

import t from 'tap'
import { parseDocument } from 'yaml'
import { plainScalar } from '../../../../src/shared/options/document/plain-scalar.ts'

t.test('usual ones', async (t) => {
  for (const [text, value] of [
    ['~', null],
    ['Null', null],
    ['TRUE', true],
    ['false', false],
    ['tRue', 'tRue'],
    ['nullable', 'nullable'],
    ['no', 'no'],
    ['0', 0],
    ['-17', -17],
    ['1.25', 1.25],
    ['192.0.2.1', '192.0.2.1'],
    ['0a.example', '0a.example'],
    ['1-2', '1-2'],
    ['/v1', '/v1'],
    ['.example', '.example'],
  ] as const)
    t.equal(plainScalar(text), value, text)
  for (const text of ['+1', '007', '0x1F', '0o17', '1e3', '1.', '.5', '.inf', '-.INF', '.NaN', '1234567890123456'])
    t.equal(plainScalar(text), undefined, text)
})

t.test('all texts of five characters: left, or as the package has them', async (t) => {
  let texts = ['']
  let taken = 0
  const wrong: string[] = []
  for (let length = 1; length <= 5; length++) {
    texts = texts.flatMap((text) => ['0', '1', '.', 'e', '-', 'x', 'o'].map((character) => text + character))
    for (const text of texts) {
      const value = plainScalar(text)
      if (value === undefined || text.startsWith('---')) continue
      taken++
      if (typeof value === 'string' ? !isText(text) : !Object.is(parseDocument(text).toJS(), value)) wrong.push(text)
    }
  }
  t.same(wrong, [])
  t.ok(taken > 10_000)
})

/** Whether the core schema has it as text, by its own expressions (YAML 1.2.2 §10.3.2): the package's parser is too slow for all. */
function isText(text: string): boolean {
  return !/^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$|^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)
}
