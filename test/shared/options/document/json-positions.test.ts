/**
 * Positions in JSON: against objects whose places are known, and any JSON that fast-check makes.
 */

import fc from 'fast-check'
import t from 'tap'
import { duplicateKeyOffset, pathOffset } from '../../../../src/shared/options/document/json-positions.ts'

t.test('paths', async (t) => {
  const text = '{"a": [1, {"b\\"": "x,{", "c": [[], [{}], -1.5e3]}], "d": {"e": null}, "fooBar": true}'
  const expected: readonly (readonly [path: readonly (string | number)[], at: string])[] = [
    [['a'], '"a"'],
    [['a', 0], '1,'],
    [['a', 1], '{"b'],
    [['a', 1, 'b"'], '"b\\"'],
    [['a', 1, 'c', 0], '[],'],
    [['a', 1, 'c', 1, 0], '{}]'],
    [['a', 1, 'c', 2], '-1.5'],
    [['d', 'e'], '"e"'],
    [['foo_bar'], '"fooBar"'],
    [['d', 'missing', 'x'], '"d"'],
    [['a', 7], '"a"'],
  ]
  for (const [path, at] of expected) t.equal(pathOffset(text, path), text.indexOf(at), path.join('.'))
  t.equal(pathOffset(text, ['nothing']), undefined)
  t.equal(pathOffset('[]', []), undefined)
  t.equal(pathOffset('5', ['a']), undefined)
})

const duplicateIn = (text: string) => duplicateKeyOffset(text, JSON.parse(text))

t.test('duplicates', async (t) => {
  t.equal(duplicateIn('{"a":1,"a":2}'), 7)
  t.equal(duplicateIn('{"a":1,"\\u0061":2}'), 7, 'by another spelling')
  t.equal(duplicateIn('[{"a":1},{"a":1}]'), undefined)
  t.equal(duplicateIn('{"x":{"a":1},"y":{"a":1}}'), undefined)
  t.equal(duplicateIn('{"x":{"a":[]},"b":[{"a":{}}],"x":1}'), 29)
  t.equal(duplicateIn('{"a":{"0":1},"b":[1,1]}'), undefined)
  t.equal(duplicateIn('{"rules":[{"m":{"h":1},"m":2}]}'), 23)
  t.equal(duplicateIn('{"a":{},"b":{"c":1},"d":{"c":1}}'), undefined)
})

t.test('any JSON: no duplicate is seen, and every top-level key is found', async () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (value, spaced) => {
      const text = JSON.stringify(value, null, spaced ? 2 : 0)
      if (duplicateIn(text) !== undefined) return false
      return Object.keys(JSON.parse(text) as object).every((key) => {
        const offset = pathOffset(text, [key])
        return offset !== undefined && text.startsWith('"', offset)
      })
    }),
    { numRuns: 1_000 },
  )
})

t.test('any JSON into which a key was put twice: the second one is found', async () => {
  const key = fc.oneof(fc.constantFrom('a', '__proto__', '":{', '\\\\"', 'length'), fc.string())
  fc.assert(
    fc.property(fc.json(), fc.json(), key, fc.json(), fc.json(), (before, first, name, second, after) => {
      const twice = JSON.stringify(name)
      const head = `[${before},{"x y":${first},${twice}:${first},"z z":${before},`
      const text = `${head}${twice}:${second}},${after}]`
      return name === 'x y' || name === 'z z' || duplicateIn(text) === head.length
    }),
  )
})
