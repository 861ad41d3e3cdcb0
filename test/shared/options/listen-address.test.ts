/**
 * Listen addresses: every form, every refusal, and that formatting is read back.
 */

import t from 'tap'
import { formatListenAddress, parseListenAddress } from '../../../src/shared/options/listen-address.ts'

const FORMS = [
  ['127.0.0.1:8080', { kind: 'tcp', host: '127.0.0.1', port: 8080 }],
  ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
  ['[::1]:8080', { kind: 'tcp', host: '::1', port: 8080 }],
  [':8080', { kind: 'tcp', host: undefined, port: 8080 }],
  ['8080', { kind: 'tcp', host: '127.0.0.1', port: 8080 }],
  ['0.0.0.0:65535', { kind: 'tcp', host: '0.0.0.0', port: 65_535 }],
  ['unix:/run/soth.sock', { kind: 'unix', path: '/run/soth.sock' }],
  ['unix:relative.sock', { kind: 'unix', path: 'relative.sock' }],
] as const

t.test('forms', async (t) => {
  for (const [text, address] of FORMS) {
    t.same(parseListenAddress(text), address, text)
    t.same(parseListenAddress(formatListenAddress(address)), address, `${text}, formatted and read back`)
  }
})

t.test('refusals', async (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /no port/],
    ['localhost', /no port/],
    ['localhost:', /not a port/],
    ['localhost:65536', /not a port/],
    ['70000', /not a port/],
    ['localhost:http', /not a port/],
    ['localhost:-1', /not a port/],
    ['::1', /brackets/],
    ['::1:8080', /brackets/],
    ['http://localhost:8080', /brackets|not a listen address/],
    ['a b:80', /not a listen address/],
    ['user@host:80', /not a listen address/],
    ['unix:', /no path/],
    [`unix:/${'x'.repeat(103)}`, /more than 103 octets/],
  ]
  for (const [text, reason] of refused) t.throws(() => parseListenAddress(text), { name: 'ConfigError', reason }, text)
})
