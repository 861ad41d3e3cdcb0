/**
 * The forms that a server name comes in, and the one it has afterwards.
 */

import t from 'tap'
import { serverName } from '../../../../src/workers/tls/hello/server-name.ts'

const L63 = 'l'.repeat(63)
const L253 = `${`${'a'.repeat(49)}.`.repeat(5)}abc`

const NAMES: readonly (readonly [text: string, form: string, name: string | undefined])[] = [
  ['a.example', 'name', 'a.example'],
  ['A.ExAmPle', 'name', 'a.example'],
  ['a.example.', 'name', 'a.example'],
  ['localhost', 'name', 'localhost'],
  ['_dmarc.my_host.example', 'name', '_dmarc.my_host.example'],
  ['xn--bcher-kva.example', 'name', 'xn--bcher-kva.example'],
  ['-a-.example', 'name', '-a-.example'],
  [`${L63}.example`, 'name', `${L63}.example`],
  [L253, 'name', L253],
  [`${L253}.`, 'name', L253],
  ['127.0.0.1', 'ip', undefined],
  ['::1', 'ip', undefined],
  ['2001:db8::1', 'ip', undefined],
  ['', 'invalid', undefined],
  ['.', 'invalid', undefined],
  ['a..example', 'invalid', undefined],
  ['.a.example', 'invalid', undefined],
  ['a.example..', 'invalid', undefined],
  [`l${L63}.example`, 'invalid', undefined],
  [`a${L253}`, 'invalid', undefined],
  [`a${L253}.`, 'invalid', undefined],
  ['[::1]', 'invalid', undefined],
  ['a.example:443', 'invalid', undefined],
  ['a example', 'invalid', undefined],
  ['a.example\0.b', 'invalid', undefined],
  ['*.example', 'invalid', undefined],
  ['b\xfccher.example', 'invalid', undefined],
  ['a/b', 'invalid', undefined],
]

t.test('a server name has one form', async (t) => {
  t.equal(L253.length, 253)
  for (const [text, form, name] of NAMES) t.strictSame(serverName(text), { form, name }, JSON.stringify(text))
})
