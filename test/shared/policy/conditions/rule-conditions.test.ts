/** Conditions of a rule: from which phase on they can be answered, and what holds in each. */

import t from 'tap'
import { ruleSchema } from '../../../../src/shared/options/rule-schema.ts'
import {
  CONNECT_PHASE,
  conditionsOf,
  type Facts,
  HELLO_PHASE,
  type Phase,
  REQUEST_PHASE,
} from '../../../../src/shared/policy/conditions/rule-conditions.ts'

const FACTS: Facts = { host: 'a.example', port: 443, client: '10.1.2.3', nowMs: 0, sni: 'b.example', method: 'GET', path: '/x' }

t.test('phase, and what holds in each', (t) => {
  const cases: readonly (readonly [match: object, phase: Phase, holds: readonly [boolean, boolean, boolean]])[] = [
    [{ port: 443 }, CONNECT_PHASE, [true, true, true]],
    [{ port: [80, 8080] }, CONNECT_PHASE, [false, false, false]],
    [{ client: '10.0.0.0/8' }, CONNECT_PHASE, [true, true, true]],
    [{ client: ['10.2.0.0/16', '::1'] }, CONNECT_PHASE, [false, false, false]],
    [{ sni: '.example' }, HELLO_PHASE, [true, true, true]],
    [{ sni: 'c.example' }, HELLO_PHASE, [true, false, false]],
    [{ method: 'GET' }, REQUEST_PHASE, [true, true, true]],
    [{ method: ['POST', 'PUT'] }, REQUEST_PHASE, [true, true, false]],
    [{ path: '/x' }, REQUEST_PHASE, [true, true, true]],
    [{ path: ['/y', '/z*'] }, REQUEST_PHASE, [true, true, false]],
    [{ sni: 'c.example', path: '/x' }, REQUEST_PHASE, [true, false, false]],
    [{ port: 80, path: '/x' }, REQUEST_PHASE, [false, false, false]],
  ]
  for (const [match, phase, holds] of cases) {
    const name = JSON.stringify(match)
    const conditions = conditionsOf(ruleSchema.parse({ match }).match)
    t.equal(conditions?.phase, phase, name)
    t.same(
      [CONNECT_PHASE, HELLO_PHASE, REQUEST_PHASE].map((at) => conditions?.hold(FACTS, at as Phase)),
      holds,
      name,
    )
  }
  t.end()
})

t.test('a rule with nothing but a host has no conditions', (t) => {
  t.equal(conditionsOf(ruleSchema.parse({ match: { host: 'a.example' } }).match), undefined)
  t.equal(conditionsOf(ruleSchema.parse({}).match), undefined)
  t.end()
})

t.test('a SNI condition never holds without a SNI', (t) => {
  const conditions = conditionsOf(ruleSchema.parse({ match: { sni: '*' } }).match)
  t.equal(conditions?.hold({ ...FACTS, sni: undefined } as unknown as Facts, HELLO_PHASE), false)
  t.end()
})
