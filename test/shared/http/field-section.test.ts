/** Mirror test of `src/shared/http/field-section.ts`. */

import t from 'tap'
import { FieldSection, latin1 } from '../../../src/shared/http/field-section.ts'
import { fieldSectionOf } from '../../support/field-section-of.ts'

t.test('lines are found by name, whatever its case', async (t) => {
  const fields = fieldSectionOf('Host: a', 'X-A:  1 ', 'x-a: \xe9', 'Empty:')
  t.equal(fields.count, 4)
  t.same([fields.name(1), fields.value(1)], ['X-A', '1'])
  t.same([fields.find('x-a'), fields.find('x-a', 2), fields.find('x-a', 3), fields.find('x')], [1, 2, -1, -1])
  t.same([fields.first('host'), fields.first('x-a'), fields.first('empty'), fields.first('none')], ['a', '1', '', undefined])
  t.equal(fields.value(2), '\xe9', 'octets beyond ASCII are kept')
  t.ok(fields.isNamed(0, 'host'))
  t.notOk(fields.isNamed(0, 'hos'))
  t.equal(latin1(fields.bytes, fields.start, fields.end), 'Host: a\r\nX-A:  1 \r\nx-a: \xe9\r\nEmpty:\r\n')
})

t.test('only letters have two cases', async (t) => {
  const fields = fieldSectionOf('a@b: 1', 'a`b: 2', 'a[b: 3', 'a{b: 4')
  t.same([fields.first('a@b'), fields.first('a`b'), fields.first('a[b'), fields.first('a{b')], ['1', '2', '3', '4'])
})

t.test('grows beyond its first capacity, and starts over', async (t) => {
  const fields = new FieldSection(2)
  const bytes = Buffer.from('n: v\r\n')
  fields.reset(bytes, 0)
  for (let line = 0; line < 100; line++) fields.add(0, 1, 3, 4)
  t.equal(fields.count, 100)
  t.same([fields.name(99), fields.value(99)], ['n', 'v'])
  fields.reset(bytes, 6)
  t.same([fields.count, fields.start, fields.end, fields.find('n')], [0, 6, 6, -1])
})
