/** checkTls: ranges that are empty, suites that nobody knows; told under the option. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'

t.test('refused, and taken', async (t) => {
  t.match(
    refusalOf(() => parseOptions({ tls: { upstream: { min_version: 'TLSv1.3', max_version: 'TLSv1.2' } } })),
    {
      path: 'tls.upstream.min_version',
      reason: /above max_version/,
    },
  )
  t.match(
    refusalOf(() => parseOptions({ tls: { client: { ciphers: 'NO-SUCH-SUITE' } } })),
    { path: 'tls.client.ciphers' },
  )
  t.match(
    refusalOf(() => parseOptions({ rules: [{ upstream_tls: { ciphers: 'NO-SUCH-SUITE' } }] })),
    { path: 'rules[0].upstream_tls.ciphers' },
  )
  t.match(
    refusalOf(() => parseOptions({ rules: [{ match: { path: '/x' }, upstream_tls: { min_version: 'TLSv1.3' } }] })),
    {
      path: 'rules[0].upstream_tls',
      reason: /is about a connection/,
    },
  )
  t.match(parseOptions({ tls: { upstream: { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } } }), {
    connect_strategy: 'eager',
    tls: { client: { min_version: 'TLSv1.2' }, upstream: { min_version: 'TLSv1.2' } },
  })
})

function refusalOf(act: () => unknown): unknown {
  try {
    act()
    return 'not refused'
  } catch (error) {
    return error
  }
}
