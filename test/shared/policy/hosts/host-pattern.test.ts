/**
 * Host patterns: how each form is read, and what is refused with which words.
 */

import t from 'tap'
import { parseHostPattern } from '../../../../src/shared/policy/hosts/host-pattern.ts'

t.test('forms', async (t) => {
  t.same(parseHostPattern('Example.com.'), { kind: 'exact', name: 'example.com' })
  t.same(parseHostPattern('localhost'), { kind: 'exact', name: 'localhost' })
  t.same(parseHostPattern('under_score.example'), { kind: 'exact', name: 'under_score.example' })
  t.same(parseHostPattern('bücher.example'), { kind: 'exact', name: 'xn--bcher-kva.example' })
  t.same(parseHostPattern('.example.com'), { kind: 'suffix', name: 'example.com', includesName: true })
  t.same(parseHostPattern('*.example.com'), { kind: 'suffix', name: 'example.com', includesName: false })
  t.same(parseHostPattern('api-**.example.com'), { kind: 'glob', pattern: 'api-*.example.com' })
  t.same(parseHostPattern('*.a?.com'), { kind: 'glob', pattern: '*.a?.com' })
  t.same(parseHostPattern('*'), { kind: 'glob', pattern: '*' })
  t.same(parseHostPattern('10.*'), { kind: 'glob', pattern: '10.*' })
  t.match(parseHostPattern('10.0.0.0/8'), { kind: 'prefix', prefix: { length: 8 } })
  t.match(parseHostPattern('192.0.2.1'), { kind: 'prefix', prefix: { length: 32 } })
  t.match(parseHostPattern('::1'), { kind: 'prefix', prefix: { length: 128 } })
  t.match(parseHostPattern('[2001:db8::1]'), { kind: 'prefix', prefix: { length: 128 } })
})

t.test('letters beyond ASCII, upper case and the root’s dot are spelt as DNS has them', async (t) => {
  t.match(parseHostPattern('MÜNCHEN.Example.'), { kind: 'exact', name: 'xn--mnchen-3ya.example' })
  t.match(parseHostPattern('*.bücher.example'), { kind: 'suffix', name: 'xn--bcher-kva.example', includesName: false })
  t.match(parseHostPattern('api-*.bücher.example'), { kind: 'glob', pattern: 'api-*.xn--bcher-kva.example' })
})

t.test('refusals', async (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /not a host pattern/],
    ['https://example.com', /is a URL/],
    ['example.com/path', /has a path/],
    ['example.com:443', /has a port/],
    ['*.example.com:443', /has a port/],
    ['a..b', /empty or over-long label/],
    ['.', /./],
    ['..a', /empty/],
    [`${'x'.repeat(64)}.com`, /over-long/],
    ['a.'.repeat(150), /not a host pattern/],
    ['a b', /not a host pattern/],
    ['.exa*mple.com', /mixes/],
    ['bü*.example', /mixes a wildcard with letters/],
    ['10.0.0.0/33', /prefix length/],
    ['300.1.1.1', /not an IP address/],
    ['10.0', /not an IP address/],
    ['1:2', /./],
  ]
  for (const [text, reason] of refused) t.throws(() => parseHostPattern(text), { name: 'ConfigError', reason }, JSON.stringify(text))
})
