/** RedactedQuery: which values go, that nothing else changes, and that long hostile text costs its length. */

import t from 'tap'
import { RedactedQuery } from '../../../src/shared/events/redacted-query.ts'

const query = new RedactedQuery(['key', 'Access_Token', 'x-amz-signature'])

const TABLE: readonly (readonly [url: string, told: string])[] = [
  ['/', '/'],
  ['/key=1', '/key=1'],
  ['/v1?key=AIza', '/v1?key=[redacted]'],
  ['/v1?KEY=AIza&a=b', '/v1?KEY=[redacted]&a=b'],
  ['/v1?a=b&access_token=t=?x&c', '/v1?a=b&access_token=[redacted]&c'],
  ['/v1?access%5Ftoken=t', '/v1?access%5Ftoken=[redacted]'],
  ['/v1?%zz=t&key=1', '/v1?%zz=t&key=[redacted]'],
  ['/v1?key=&monkey=1&keys=2', '/v1?key=&monkey=1&keys=2'],
  ['/v1?a=1;key=2', '/v1?a=1;key=[redacted]'],
  ['https://a.example/cb#access_token=t&state=s', 'https://a.example/cb#access_token=[redacted]&state=s'],
  ['/o?X-Amz-Signature=f00&X-Amz-Date=1', '/o?X-Amz-Signature=[redacted]&X-Amz-Date=1'],
]

t.test('URLs', async (t) => {
  for (const [url, told] of TABLE) {
    const octets = Buffer.from(`..${url}..`)
    t.equal(query.redact(url), told)
    t.equal(query.concerns(octets, 2, octets.length - 2), /[?#]/.test(url), url)
  }
  const nothing = new RedactedQuery([])
  t.equal(nothing.redact('/?key=1'), '/?key=1')
  t.notOk(nothing.concerns(Buffer.from('/?key=1'), 0, 7))
})

t.test('which fields hold URLs', async (t) => {
  for (const [name, holds] of [
    ['Referer', true],
    ['location', true],
    ['content-location', true],
    ['host', false],
  ] as const) {
    t.equal(query.isUrlField(Buffer.from(name), 0, name.length), holds, name)
  }
})

t.test('a megabyte of separators, or of none', async (t) => {
  const before = performance.now()
  for (const text of ['?'.repeat(1e6), '?a'.repeat(5e5), `?${'a'.repeat(1e6)}`, '&key'.repeat(2.5e5)]) t.equal(query.redact(text), text)
  t.ok(performance.now() - before < 10_000)
})
