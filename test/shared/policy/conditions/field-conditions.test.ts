/** FieldConditions: every name given, one of its lines, one of its patterns. */

import t from 'tap'
import { FieldConditions } from '../../../../src/shared/policy/conditions/field-conditions.ts'
import { fieldSectionOf } from '../../../support/octets/field-section-of.ts'

t.test('which lines hold', async (t) => {
  const cases: readonly (readonly [conditions: Record<string, string[]>, lines: string[], holds: boolean])[] = [
    [{ 'User-Agent': ['*curl*'] }, ['user-AGENT: curl/8'], true],
    [{ 'user-agent': ['*curl*'] }, ['User-Agent: wget'], false],
    [{ 'user-agent': ['*curl*'] }, [], false],
    [{ a: ['*'] }, ['A:'], true],
    [{ a: ['1', '2'] }, ['A: 2'], true],
    [{ a: ['2'] }, ['A: 1', 'a: 2'], true],
    [{ a: ['1'], b: ['2'] }, ['A: 1', 'B: 2'], true],
    [{ a: ['1'], b: ['2'] }, ['A: 1', 'B: 3'], false],
    [{}, [], true],
  ]
  for (const [conditions, lines, holds] of cases) {
    t.equal(new FieldConditions(conditions).hold(fieldSectionOf(...lines)), holds, JSON.stringify([conditions, lines]))
  }
})

t.test('HTTP/2: `:authority` stands in the place of Host', async (t) => {
  const host = new FieldConditions({ Host: ['a.example', '*.b.example'] })
  t.ok(host.hold(fieldSectionOf(), 'a.example'))
  t.ok(host.hold(fieldSectionOf('accept: x'), 'x.b.example'))
  t.notOk(host.hold(fieldSectionOf(), 'c.example'))
  t.notOk(host.hold(fieldSectionOf('host: c.example'), 'a.example'), 'a field that is there counts')
  t.notOk(host.hold(fieldSectionOf()))
})
