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
  for (const [rule, path, reason] of [
    [{ max_version: 'TLSv1.1' }, 'max_version', 'TLSv1.1 is below min_version, TLSv1.2'],
    [{ min_version: 'TLSv1.3' }, 'min_version', 'TLSv1.3 is above max_version, TLSv1.2'],
    [{ min_version: 'TLSv1.2', max_version: 'TLSv1.1' }, 'min_version', 'TLSv1.2 is above max_version, TLSv1.1'],
  ] as const) {
    const general = { upstream: { max_version: 'TLSv1.2' } } as const
    t.match(
      refusalOf(() => parseOptions({ tls: general, rules: [{ upstream_tls: rule }] })),
      { path: `rules[0].upstream_tls.${path}`, reason },
      'by what the general options give',
    )
  }
  t.match(
    refusalOf(() =>
      parseOptions({ tls: { upstream: { max_version: 'TLSv1.2' } }, rules: [{ upstream_tls: { ciphers: 'TLS_AES_128_GCM_SHA256' } }] }),
    ),
    { path: 'rules[0].upstream_tls.ciphers', reason: 'the suites are of TLS 1.3, and max_version is TLSv1.2' },
  )
  t.ok(parseOptions({ tls: { upstream: { max_version: 'TLSv1.2', ciphers: 'TLS_AES_128_GCM_SHA256:AES128-SHA' } } }))
  t.ok(
    parseOptions({
      tls: { upstream: { max_version: 'TLSv1.2' } },
      rules: [{ upstream_tls: { min_version: 'TLSv1', max_version: 'TLSv1.1' } }],
    }),
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
