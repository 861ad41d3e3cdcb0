/** comparedPath: the equivalences of RFC 3986 §6.2.2, what stays different; property: one spelling, and stable. */

import fc from 'fast-check'
import t from 'tap'
import { comparedPath } from '../../../../src/shared/policy/conditions/compared-path.ts'

const SPELLINGS: readonly (readonly [target: string, compared: string])[] = [
  ['/v1/messages?a=1', '/v1/messages?a=1'],
  ['/%76%31/x', '/v1/x'],
  ['/%7euser/%41', '/~user/A'],
  ['/a%2fb', '/a%2Fb'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/../../a', '/a'],
  ['/%2e%2E/a', '/a'],
  ['/a/%2e/b', '/a/b'],
  ['/..', '/'],
  // RFC 3986 §5.2.4: empty segments are segments.
  ['/a//../b', '/a/b'],
  ['/a/../b?c=/../d', '/b?c=/../d'],
  ['/?..%2f/./', '/?..%2F/./'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a..b/...', '/a..b/...'],
  ['//a//b/', '//a//b/'],
  ['/A', '/A'],
  ['/%zz%4', '/%zz%4'],
  ['/%252e', '/%252e'],
  ['/a;b=%3B', '/a;b=%3B'],
  ['http://h/a/../b', '/b'],
  ['HTTPS://h:1/%61', '/a'],
  ['http://h', '/'],
  ['http://h?x', '/?x'],
  ['*', '*'],
  ['', ''],
  ['*/.b/../c', '*/.b/../c'],
]

t.test('spellings', async (t) => {
  for (const [target, compared] of SPELLINGS) t.equal(comparedPath(target), compared, target)
})

const segment = fc.constantFrom('a', '.', '..', '', '%2e', '%2E%2e', '%61', '%2f', '%', '...', '?', '?x', 'B')

t.test('property: stable, and the same however what needs no encoding is encoded', async () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.boolean()), (segments, coins) => {
      const target = `/${segments.join('/')}`
      const compared = comparedPath(target)
      const encoded = target.replace(/%[0-9a-fA-F]{2}|[a.B]/g, (text) =>
        text.length > 1 || coins.next().value === true ? text : `%${text.charCodeAt(0).toString(16)}`,
      )
      return comparedPath(compared) === compared && comparedPath(encoded) === compared
    }),
    { numRuns: 2_000 },
  )
})
