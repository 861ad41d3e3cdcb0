/** FieldSection: lines as views of one buffer, found by name in any case, however many they are (RFC 9110 §5). */

import t from 'tap'
import { FieldSection, latin1 } from '../../../src/shared/http/field-section.ts'
import { fieldSectionOf } from '../../support/field-section-of.ts'

t.test('names and values, as they were sent', async (t) => {
  const fields = fieldSectionOf('Host: a.example', 'X-Empty:', 'set-cookie:  caf\xe9 \t', 'SET-Cookie: b')
  const lines = Array.from({ length: fields.count }, (_, line) => [fields.name(line), fields.value(line)])
  t.same(lines, [
    ['Host', 'a.example'],
    ['X-Empty', ''],
    ['set-cookie', 'caf\xe9'],
    ['SET-Cookie', 'b'],
  ])
})

t.test('by name: any case, from any line', async (t) => {
  const fields = fieldSectionOf('Accept: 1', 'aCCept: 2', 'Accept-Encoding: 3', 'X@: 4')
  const table: readonly (readonly [name: string, from: number, line: number])[] = [
    ['accept', 0, 0],
    ['accept', 1, 1],
    ['accept', 2, -1],
    ['accept-encoding', 0, 2],
    ['accep', 0, -1],
    ['x@', 0, 3],
    ['x`', 0, -1],
    ['', 0, -1],
  ]
  for (const [name, from, line] of table) t.equal(fields.find(name, from), line, `${name} from ${from}`)
  t.equal(fields.first('accept'), '1')
  t.equal(fields.first('host'), undefined)
  t.notOk(fields.isNamed(3, 'x`'), 'only letters have a case: @ and ` differ by the same bit')
})

t.test('more lines than the capacity, and reuse', async (t) => {
  const bytes = Buffer.from('ab')
  const fields = new FieldSection(1)
  fields.reset(bytes, 0)
  for (let line = 0; line < 100; line++) fields.add(0, 1, 1, 2)
  t.equal(fields.count, 100)
  t.ok(Array.from({ length: 100 }, (_, line) => fields.name(line) + fields.value(line)).every((text) => text === 'ab'))
  fields.reset(bytes, 1)
  t.same([fields.count, fields.start, fields.end, fields.find('a')], [0, 1, 1, -1])
})

t.test('latin1 loses no octet', async (t) => {
  const all = Uint8Array.from({ length: 256 }, (_, octet) => octet)
  t.same(Buffer.from(latin1(all, 0, 256), 'latin1'), Buffer.from(all))
  t.equal(latin1(all, 0x41, 0x44), 'ABC')
})
