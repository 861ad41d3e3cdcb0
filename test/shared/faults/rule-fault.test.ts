/** ruleFaults and its way into decisions: names, numbers and slots; faults of carriers and of the deciding rule add up. */

import t from 'tap'
import { faultSlots, NO_FAULTS, ruleFaults } from '../../../src/shared/faults/rule-fault.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'

const OPTIONS = parseOptions({
  rules: [
    { name: 'slow', match: { host: '.example' }, fault: { kind: 'latency', ms: 5 } },
    { match: { host: 'plain.test' }, action: 'tunnel' },
    {
      match: { host: 'a.example' },
      action: 'intercept',
      fault: [
        { kind: 'refuse', every: 2 },
        { kind: 'slow_close', ms: 1 },
      ],
    },
    { match: {}, action: 'tunnel' },
  ],
})

t.test('slots in the order of rules and faults; a rule without a name has its number', async (t) => {
  const bound = [...ruleFaults(OPTIONS.rules).values()].flat()
  t.same(
    bound.map(({ rule, index, slot, options }) => [rule, index, slot, options.kind]),
    [
      ['slow', 0, 0, 'latency'],
      ['rule-3', 0, 1, 'refuse'],
      ['rule-3', 1, 2, 'slow_close'],
    ],
  )
  t.equal(faultSlots(OPTIONS.rules), 3)
})

t.test('rules that share a name do not share dice', async (t) => {
  const fault = [{ kind: 'refuse' }, { kind: 'slow_close', ms: 1 }] as const
  const { rules } = parseOptions({ rules: [1, 2].map((n) => ({ name: 'twin', match: { host: `${n}.example` }, fault: [...fault] })) })
  const bound = [...ruleFaults(rules).values()].flat()
  t.same(
    bound.map(({ rule, index }) => [rule, index]),
    [
      ['twin', 0],
      ['twin', 1],
      ['twin', 0],
      ['twin', 1],
    ],
  )
  t.equal(new Set(bound.map(({ diceNumber }) => diceNumber)).size, 4)
  t.same(
    bound.slice(0, 2).map(({ diceNumber }) => diceNumber),
    [0, 1],
    'as if the second were not there',
  )
})

t.test('decisions carry what holds', async (t) => {
  const policy = new Policy(policyImage(OPTIONS))
  const kinds = (host: string) =>
    policy.decideConnect({ host, port: 443, client: '192.0.2.1', nowMs: 0 }).options.faults.map(({ options }) => options.kind)
  t.same(kinds('a.example'), ['latency', 'refuse', 'slow_close'])
  t.same(kinds('b.example'), ['latency'])
  t.same(kinds('plain.test'), [])
  t.equal(
    policy.decideConnect({ host: 'other.test', port: 443, client: '', nowMs: 0 }).options.faults,
    NO_FAULTS,
    'nearly all share one list',
  )
})
