/** RuleTable: plain rules have no detail; details are parsed once, and again where a thread has begun anew. */

import t from 'tap'
import { DETAILS_KEPT } from '../../../src/shared/limits/policy.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { RuleTable } from '../../../src/shared/policy/rule-table.ts'

function tableOf(rules: NonNullable<EngineOptionsInput['rules']>): RuleTable {
  const table = new RuleTable()
  for (const rule of parseOptions({ rules }).rules) table.add(rule, [])
  return new RuleTable(table.share())
}

t.test('names, actions, details', async (t) => {
  const table = tableOf([
    { match: { host: 'a.example' }, action: 'block' },
    { name: 'second', match: {}, strict: false },
    { match: { host: 'b.example', port: 1 }, action: 'tunnel' },
    { match: {}, action: 'intercept' },
  ])
  t.equal(table.size, 4)
  t.same(
    [0, 1, 2, 3].map((n) => [table.name(n), table.action(n)]),
    [
      ['rule-1', 'block'],
      ['second', undefined],
      ['rule-3', 'tunnel'],
      ['rule-4', 'intercept'],
    ],
  )
  t.equal(table.detail(0), undefined)
  t.match(table.detail(1), { conditions: undefined, carriage: { rule: { strict: false } } })
  t.match(table.detail(2), { carriage: undefined })
  t.equal(table.detail(2)?.conditions?.phase, 0)
  t.equal(table.detail(2), table.detail(2), 'kept')
})

t.test('a thread keeps so many', async (t) => {
  const table = tableOf(Array.from({ length: DETAILS_KEPT + 1 }, (_, n) => ({ match: { port: 1 + (n % 60_000) } })))
  const first = table.detail(0)
  for (let n = 1; n < DETAILS_KEPT; n++) table.detail(n)
  t.equal(table.detail(0), first)
  table.detail(DETAILS_KEPT)
  t.not(table.detail(0), first)
  t.ok(table.detail(0)?.conditions?.hold({ host: '', port: 1, client: '', nowMs: 0 }, 0))
})
