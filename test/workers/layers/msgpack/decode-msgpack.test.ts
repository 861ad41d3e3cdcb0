/**
 * decodeMsgpack gives JSON for every value of msgpack-test-suite, says what JSON has not, and never throws.
 */

import { readFileSync } from 'node:fs'
import { ExtData, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import t from 'tap'
import { decodeMsgpack } from '../../../../src/workers/layers/msgpack/decode-msgpack.ts'
import { fixture } from '../../../support/corpora/corpora.ts'

const hexBytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll('-', ''), 'hex'))
const base64 = (hex: string) => Buffer.from(hexBytes(hex)).toString('base64')

/** What a case of the suite means in our JSON. */
function expected(entry: Record<string, unknown>): unknown {
  if ('bignum' in entry && entry['number'] === undefined) {
    const number = Number(entry['bignum'])
    return Number.isSafeInteger(number) ? number : { $int: entry['bignum'] }
  }
  if ('binary' in entry) return { $bin: base64(entry['binary'] as string) }
  if ('timestamp' in entry) return { $timestamp: entry['timestamp'] }
  if ('ext' in entry) {
    const [type, data] = entry['ext'] as [number, string]
    return { $ext: type, data: base64(data) }
  }
  return Object.entries(entry).find(([kind]) => kind !== 'msgpack')?.[1]
}

t.test('msgpack-test-suite: every value', async (t) => {
  const suite: Record<string, Record<string, unknown>[]> = JSON.parse(
    readFileSync(fixture('msgpack-test-suite/msgpack-test-suite.json'), 'utf8'),
  )
  for (const [file, cases] of Object.entries(suite)) {
    for (const entry of cases) {
      for (const hex of entry['msgpack'] as string[])
        t.same(decodeMsgpack(hexBytes(hex)), { ok: true, value: expected(entry) }, `${file} ${hex}`)
    }
  }
})

t.test('what JSON has not', async (t) => {
  const value = (input: unknown) => decodeMsgpack(encode(input))
  t.same(value(Number.NaN), { ok: true, value: { $float: 'NaN' } })
  t.same(value([-Infinity]), { ok: true, value: [{ $float: '-Infinity' }] })
  t.same(decodeMsgpack(encode(new ExtData(-1, new Uint8Array(3)))), { ok: true, value: { $ext: -1, data: 'AAAA' } })
  t.same(decodeMsgpack(hexBytes('81-91-01-02')), { ok: true, value: { '[1]': 2 } }, 'a key that is an array')
  t.match(decodeMsgpack(hexBytes('81-a9-5f5f70726f746f5f5f-01')), { ok: false }, '__proto__')
  t.match(decodeMsgpack(hexBytes('c1')), { ok: false })
})

t.test('property: never throws, and JSON survives the round trip', async (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (input) => typeof decodeMsgpack(input).ok === 'boolean'))
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'small' }), (input) => {
      const text = JSON.stringify(input)
      if (text.includes('__proto__')) return true
      const result = decodeMsgpack(encode(input))
      return result.ok && JSON.stringify(result.value, sorted) === JSON.stringify(JSON.parse(text), sorted)
    }),
  )
  t.pass('200 inputs')
})

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
