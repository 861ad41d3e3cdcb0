/** Mirror test of `src/shared/http/proxy-authentication.ts`. */

import fc from 'fast-check'
import t from 'tap'
import { ProxyAuthentication } from '../../../src/shared/http/proxy-authentication.ts'
import { fieldSectionOf } from '../../support/octets/field-section-of.ts'

const users = [
  { name: 'alice', password: 'open:sesame' },
  { name: 'böb', password: 'pä\u0301ss' },
]
const authentication = new ProxyAuthentication({ realm: 'test', users })

/** The user, or the code of the refusal, for these Proxy-Authorization values. */
function authenticate(...values: string[]): string {
  const result = authentication.authenticate(fieldSectionOf('Host: a', ...values.map((value) => `proxy-AUTHORIZATION: ${value}`)))
  return 'code' in result ? result.code : result.user
}

function basic(credentials: string, encoding: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(credentials, encoding).toString('base64')}`
}

t.test('accepts what is right', async (t) => {
  t.equal(authenticate(basic('alice:open:sesame')), 'alice', 'a password may contain colons')
  t.equal(authenticate(basic('böb:pä\u0301ss'.normalize('NFC'))), 'böb', 'UTF-8 in NFC (RFC 7617 §2.1)')
  t.equal(authenticate(basic('alice:open:sesame').replace('Basic ', 'bASIC   ')), 'alice', 'the scheme is case-insensitive')
  t.equal(authenticate(basic('alice:open:sesame').replace(/=+$/, '')), 'alice', 'padding may be missing')
})

t.test('refuses everything else', async (t) => {
  t.equal(authenticate(), 'proxy_auth_required')
  const right = basic('alice:open:sesame')
  const wrong: string[][] = [
    [basic('alice:open')],
    [basic('alice:open:sesame2')],
    [basic('Alice:open:sesame')],
    [basic('alice')],
    [basic(':')],
    [basic('böb:päss', 'latin1')],
    [''],
    ['Basic'],
    ['Basic '],
    [`Digest ${right.slice(6)}`],
    [`${right} x`],
    [right.replace('Basic ', 'Basic\t')],
    ['Basic ****'],
    [`Basic ${'QUFB'.repeat(2_000)}`],
    [right, right],
    [right, basic('x:y')],
  ]
  for (const values of wrong) t.equal(authenticate(...values), 'proxy_auth_invalid', values.join(' + ').slice(0, 60))
})

t.test('the field of origins is not the proxy’s', async (t) => {
  t.match(authentication.authenticate(fieldSectionOf(`Authorization: ${basic('alice:open:sesame')}`)), { code: 'proxy_auth_required' })
})

t.test('property: exactly the configured pairs are accepted', async (t) => {
  const name = fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.replaceAll(':', '_'))
  const user = fc.record({ name, password: fc.string({ minLength: 1, maxLength: 8 }) })
  const property = fc.property(fc.array(user, { minLength: 1, maxLength: 4 }), user, (configured, tried) => {
    const result = new ProxyAuthentication({ realm: 'r', users: configured }).authenticate(
      fieldSectionOf(`Proxy-Authorization: ${basic(`${tried.name}:${tried.password}`)}`),
    )
    const isConfigured = configured.some((one) => one.name === tried.name && one.password === tried.password)
    if (!('code' in result) !== isConfigured) throw new Error('accepted the wrong one')
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 200 }))
})
