/**
 * foldKeys: spelling of keys only; values and the input itself stay as they are; `__proto__` is a name nowhere.
 */

import t from 'tap'
import { foldKey, foldKeys } from '../../../src/shared/options/fold-keys.ts'

t.test('keys', async (t) => {
  t.equal(foldKey('caDir'), 'ca_dir')
  t.equal(foldKey('http2MaxHeaderListSize'), 'http2_max_header_list_size')
  t.equal(foldKey('ca_dir'), 'ca_dir')
  t.same(foldKeys({ aB: [{ cD: 'eF' }], g: null }), { a_b: [{ c_d: 'eF' }], g: null })
  t.equal(foldKeys('aB'), 'aB')
  t.same(
    foldKeys({ match: { field: { 'User-Agent': 'x' } } }),
    { match: { field: { 'User-Agent': 'x' } } },
    'names of fields are the user’s own',
  )
  t.throws(() => foldKeys({ aB: 1, a_b: 2 }), { name: 'ConfigError', path: 'a_b' })
  // The schema library drops such keys: a rule that loses its only condition matches everything.
  for (const [text, path] of [
    ['{"__proto__":{"polluted":1}}', '__proto__'],
    ['{"rules":[{"match":{"field":{"__proto__":"x"}}}]}', 'rules[0].match.field.__proto__'],
    ['{"rules":[{"edit":{"request":{"set":{"__proto__":"x"}}}}]}', 'rules[0].edit.request.set.__proto__'],
    ['{"caDir":"x","rules":[{"match":{"field":{"__proto__":"x"}}}]}', 'rules[0].match.field.__proto__'],
  ] as const) {
    t.throws(() => foldKeys(JSON.parse(text)), { name: 'ConfigError', path }, path)
  }
  t.same(foldKeys({ field: { constructor: 'x' } }), { field: { constructor: 'x' } })
})
