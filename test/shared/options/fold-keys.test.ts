/**
 * foldKeys: spelling of keys only; values, own `__proto__` keys and the input itself stay as they are.
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
  const folded = foldKeys(JSON.parse('{"__proto__":{"polluted":1}}')) as object
  t.ok(Object.hasOwn(folded, '__proto__'))
  t.equal((folded as { polluted?: number }).polluted, undefined)
})
