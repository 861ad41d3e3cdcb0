/** Domains that are registered, told from the suffixes under which they are. */

import t from 'tap'
import { parseRegistrableDomain } from '../../../../src/shared/policy/hosts/registrable-domain.ts'

t.test('accepted', async (t) => {
  for (const name of ['example.com', 'example.co.uk', 'EXAMPLE.com.', 'somebody.github.io', 'bücher.example']) {
    t.match(parseRegistrableDomain(name), { kind: 'suffix', includesName: true }, name)
  }
})

t.test('refused', async (t) => {
  const cases: readonly (readonly [text: string, reason: RegExp])[] = [
    ['com', /public suffix/],
    ['co.uk', /public suffix/],
    ['github.io', /public suffix/],
    ['www.example.co.uk', /below the domain example\.co\.uk/],
    ['.example.com', /no domain name/],
    ['*.example.com', /no domain name/],
    ['10.0.0.1', /no domain name/],
    ['a b', /not a host pattern/],
  ]
  for (const [text, reason] of cases) t.throws(() => parseRegistrableDomain(text), { name: 'ConfigError', reason }, text)
})
