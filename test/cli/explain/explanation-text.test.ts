/** Explanations in words: every verdict, every fact that is missing. */

import t from 'tap'
import { explanationText } from '../../../src/cli/explain/explanation-text.ts'
import type { ConditionName } from '../../../src/shared/policy/conditions/rule-conditions.ts'

const FACTS = {
  host: 'a',
  port: 443,
  client: '',
  nowMs: 0,
  isTls: true,
  sni: undefined,
  method: 'GET',
  path: '/',
  transport: 'http2',
  fields: undefined,
} as const

function reason(condition: ConditionName): string | undefined {
  const rules = [{ number: 1, rule: 'r', verdict: 'fails', condition }] as const
  const text = explanationText(
    [{ phase: 'request', host: 'a', action: 'block', rule: 'default', pending: false, rules, otherHosts: 1 }],
    FACTS,
  )
  return /does not hold: (.*)/.exec(text)?.[1]
}

t.test('why a rule does not hold', async (t) => {
  t.same((['port', 'client', 'user', 'time', 'sni', 'ja4', 'protocol', 'field', 'path'] as const).map(reason), [
    'port is 443',
    'client is not known',
    'user is not known',
    'time is 1970-01-01T00:00:00.000Z',
    'sni is not known',
    'ja4 is not known',
    'protocol is http2',
    'field is another, or absent',
    'path is /',
  ])
})

t.test('one rule elsewhere, and a rule that carries nothing', async (t) => {
  const rules = [{ number: 2, rule: 'rule-2', verdict: 'carries', options: [] }] as const
  t.equal(
    explanationText([{ phase: 'client_hello', host: 'a', action: 'tunnel', rule: 'default', pending: false, rules, otherHosts: 1 }], FACTS),
    'client hello: SNI absent\n  1 rule is about another host\n  rule 2  holds, and carries nothing\n  → tunnel: no rule decides, so default_action does\n',
  )
})
