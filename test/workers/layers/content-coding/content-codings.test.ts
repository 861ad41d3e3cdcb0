/**
 * What the lines of Content-Encoding list, in which order, and where the list is too long or unknown (RFC 9110 §8.4).
 */

import t from 'tap'
import { parseContentCodings } from '../../../../src/workers/layers/content-coding/content-codings.ts'

t.test('what Content-Encoding lists', async (t) => {
  const codings = (...names: string[]) => ({ kind: 'codings', codings: names })
  const cases: [string | undefined, object][] = [
    [undefined, codings()],
    ['', codings()],
    ['identity', codings()],
    ['GZip', codings('gzip')],
    ['x-gzip', codings('gzip')],
    ['deflate , br,,zstd', codings('deflate', 'br', 'zstd')],
    ['identity, gzip', codings('gzip')],
    ['compress', { kind: 'unreadable', reason: 'unsupported', coding: 'compress' }],
    ['gzip, dcb', { kind: 'unreadable', reason: 'unsupported', coding: 'dcb' }],
    ['gzip,gzip,gzip,gzip', codings('gzip', 'gzip', 'gzip', 'gzip')],
    ['gzip,gzip,gzip,gzip,br', { kind: 'unreadable', reason: 'nesting_limit', coding: 'br' }],
    ['gzip,'.repeat(1_000), { kind: 'unreadable', reason: 'nesting_limit', coding: '' }],
  ]
  for (const [value, expected] of cases) t.same(parseContentCodings(value), expected, String(value).slice(0, 40))
})
