/** RedactedNames: names in any case, and nothing else. */

import t from 'tap'
import { RedactedNames } from '../../../src/shared/events/redacted-names.ts'

const names = new RedactedNames(new Set(['cookie', 'x-api-key', 'x-auth-id']))

const CASES: readonly (readonly [string, boolean])[] = [
  ['cookie', true],
  ['Cookie', true],
  ['COOKIE', true],
  ['cookie2', false],
  ['cooki', false],
  ['origin', false],
  ['X-Api-Key', true],
  ['x-auth-ID', true],
  ['x-api-kez', false],
  ['x\x0dapi-key', false],
  ['a-name-longer-than-any-of-them', false],
  ['', false],
]

for (const [name, expected] of CASES) {
  t.test(JSON.stringify(name), (t) => {
    const bytes = Buffer.from(`  ${name}: v`, 'latin1')
    t.equal(names.covers(bytes, 2, 2 + name.length), expected)
    t.end()
  })
}

t.test('no names', (t) => {
  const none = new RedactedNames(new Set())
  t.notOk(none.covers(Buffer.from('cookie'), 0, 6))
  t.notOk(none.covers(Buffer.from('cookie'), 0, 0))
  t.end()
})
