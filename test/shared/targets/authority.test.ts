/** Mirror test of `src/shared/targets/authority.ts`; what is refused is in `test/acceptor/malformed-heads.ts` too. */

import fc from 'fast-check'
import t from 'tap'
import { formatAuthority, parseAuthority } from '../../../src/shared/targets/authority.ts'

function parse(text: string, defaultPort = 0): string {
  const authority = parseAuthority(text, defaultPort)
  return 'code' in authority ? authority.code : `${authority.host} ${authority.port}`
}

t.test('accepted', async (t) => {
  t.equal(parse('a.example:443'), 'a.example 443')
  t.equal(parse('A.Example.:1'), 'a.example 1')
  t.equal(parse('XN--BCHER-KVA.example:65535'), 'xn--bcher-kva.example 65535')
  t.equal(parse('r3---sn-x_y.example:0080'), 'r3---sn-x_y.example 80')
  t.equal(parse(`${'a'.repeat(63)}.example:1`), `${'a'.repeat(63)}.example 1`)
  t.equal(parse(`${'a.'.repeat(126)}b:1`), `${'a.'.repeat(126)}b 1`, '253 octets')
  t.equal(parse('127.0.0.1.:1'), '127.0.0.1 1')
  t.equal(parse('[::1]:1'), '::1 1')
  t.equal(parse('[::ffff:10.0.0.1]:1'), '10.0.0.1 1')
  t.equal(parse('a', 80), 'a 80')
  t.equal(parse('a:', 80), 'a 80')
  t.equal(parse('[::1]', 80), '::1 80')
  t.equal(parse('[::1]:', 80), '::1 80')
})

t.test('refused', async (t) => {
  const rows: [string, string][] = [
    ['', 'connect_bad_host'],
    ['a', 'connect_port_missing'],
    ['a:', 'connect_port_missing'],
    ['a:00', 'connect_bad_port'],
    ['a:1 ', 'connect_bad_port'],
    ['a:٣', 'connect_bad_port'],
    ['[', 'connect_bad_host'],
    ['[]:1', 'connect_bad_host'],
    ['[::1%1]:1', 'connect_zone_id'],
    ['bücher:1', 'connect_bad_host'],
    ['a b:1', 'connect_bad_host'],
    ['@a:1', 'connect_userinfo'],
  ]
  for (const [text, code] of rows) t.equal(parse(text), code, text)
})

t.test('property: any text has an outcome, and canonical authorities read as themselves', async (t) => {
  const text = fc.oneof(fc.string(), fc.webAuthority({ withPort: true }), fc.stringMatching(/^[a-z0-9.:[\]%@-]{0,24}$/))
  const property = fc.property(text, fc.constantFrom(0, 80), (input, defaultPort) => {
    const authority = parseAuthority(input, defaultPort)
    if ('code' in authority) return true
    const again = parseAuthority(formatAuthority(authority.host, authority.port), 0)
    return !('code' in again) && again.host === authority.host && again.port === authority.port
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})
