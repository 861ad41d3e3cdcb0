/** http3Authority: offers of HTTP/3 among others (RFC 7838 §3), and what is none. */

import t from 'tap'
import { http3Authority } from '../../../../src/workers/layers/http/alt-svc.ts'

t.test('values of the field', (t) => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['h3=":443"; ma=2592000', ':443'],
    ['h3=":443"; ma=2592000,h3-29=":444"; ma=2592000', ':443'],
    ['h2="alt.example:8000", h3-29="alt.example:443"; persist=1', 'alt.example:443'],
    ['h2=":443" ,\th3="[::1]:8443"', '[::1]:8443'],
    ['H3=:443', ':443'],
    ['h3=""', ''],
    ['clear', undefined],
    ['h2=":443"', undefined],
    ['h3', undefined],
    ['', undefined],
    ['h33=":443"', undefined],
    ['xh3=":443"', undefined],
    ['quic=":443"; ma=2592000; v="46,43"', undefined],
    [`h3="${'a'.repeat(256)}"`, undefined],
  ]
  for (const [value, authority] of table) t.equal(http3Authority(value), authority, value.slice(0, 40))
  t.end()
})

t.test('a long value costs little', (t) => {
  const startedAt = performance.now()
  t.equal(http3Authority('h3-'.repeat(20_000)), undefined)
  t.equal(http3Authority(', \t'.repeat(20_000)), undefined)
  t.equal(http3Authority(`${' '.repeat(60_000)}x`), undefined)
  t.equal(http3Authority(`,${'\t'.repeat(60_000)}`), undefined)
  t.ok(performance.now() - startedAt < 1_000)
  t.end()
})
