/** JsonBytes: each primitive writes what JSON.stringify or String does. */

import fc from 'fast-check'
import t from 'tap'
import { JsonBytes } from '../../../../src/shared/events/json/json-bytes.ts'

function written(write: (json: JsonBytes) => void): string {
  const json = new JsonBytes(4)
  json.ensure(10_000)
  write(json)
  return Buffer.from(json.take()).toString()
}

const POWERS = Array.from({ length: 16 }, (_, exponent) => [10 ** exponent - 1, 10 ** exponent, 10 ** exponent + 1]).flat()
const EDGES = [
  0,
  -0,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  1e21,
  -1.5,
  0.001,
  0.1 + 0.2,
  12.345,
  1e-7,
  999_999_999_999.999,
]

t.test('numbers', (t) => {
  for (const value of [...POWERS, ...POWERS.map((power) => -power), ...EDGES])
    t.equal(
      written((json) => json.number(value)),
      String(value),
    )
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => written((json) => json.number(value)) === String(value)),
    { seed: 1 },
  )
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => written((json) => json.number(value)) === String(value)),
    { seed: 2 },
  )
  fc.assert(
    fc.property(fc.nat(1e9), (value) => written((json) => json.number(value / 1000)) === String(value / 1000)),
    { seed: 3 },
  )
  t.end()
})

t.test('padded integers and thousandths', (t) => {
  const cases = [0, 1, 10, 999, 123_456_789, 999_999_999]
  for (const value of cases)
    t.equal(
      written((json) => json.padded(value, 9)),
      String(value).padStart(9, '0'),
    )
  for (const value of [0, 1, 10, 100, 1000, 1010, 1_700_000_000_000_001, 1_700_000_000_000_120]) {
    t.equal(
      written((json) => json.thousandths(value)),
      String(value / 1000),
    )
  }
  t.end()
})

t.test('text from strings, UTF-8 and Latin-1', (t) => {
  for (let code = 0; code < 256; code++) {
    const text = `a${String.fromCharCode(code)}b`
    const latin1 = Buffer.from(text, 'latin1')
    const utf8 = Buffer.from(text)
    t.equal(
      written((json) => json.string(text)),
      JSON.stringify(text),
    )
    t.equal(
      written((json) => json.latin1(latin1, 0, latin1.length)),
      JSON.stringify(text),
    )
    t.equal(
      written((json) => json.utf8(utf8, 0, utf8.length)),
      JSON.stringify(text),
    )
  }
  t.equal(
    written((json) => json.utf8(Buffer.of(0x61, 0xff, 0x62), 0, 3)),
    '"a\ufffdb"',
  )
  t.end()
})

t.test('growth keeps what was written', (t) => {
  const json = new JsonBytes(2)
  for (let n = 0; n < 100; n++) {
    json.ensure(3)
    json.raw(Buffer.from('abc'), 0, 3)
  }
  t.equal(Buffer.from(json.take()).toString(), 'abc'.repeat(100))
  t.end()
})
