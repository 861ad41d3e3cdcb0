/** Names under which anybody can register, by the ICANN and the private part of the Public Suffix List. */

import t from 'tap'
import { isPublicSuffix } from '../../../../src/workers/tls/leaf/public-suffix.ts'

t.test('public suffixes', async (t) => {
  for (const name of ['com', 'co.uk', 'github.io', 'ck']) t.ok(isPublicSuffix(name), name)
  for (const name of ['example.com', 'example.co.uk', 'pages.github.io', 'www.ck', '192.0.2.1', '']) t.notOk(isPublicSuffix(name), name)
})
