/** CodePairCounter: by two labels, bounded in the first. */

import t from 'tap'
import { CodePairCounter } from '../../../src/aggregator/metrics/code-pair-counter.ts'
import { LABEL_CODES } from '../../../src/shared/limits/aggregator.ts'

t.test('counts pairs', async (t) => {
  const counter = new CodePairCounter('rule', 'kind')
  counter.add('a b', 'reset')
  counter.add('a b', 'reset')
  counter.add('a', 'reset')
  t.same(counter.samples(), [
    { labels: { rule: 'a b', kind: 'reset' }, value: 2 },
    { labels: { rule: 'a', kind: 'reset' }, value: 1 },
  ])
})

t.test('names beyond the bound count as other, known ones go on', async (t) => {
  const counter = new CodePairCounter('rule', 'kind')
  for (let n = 0; n < LABEL_CODES + 10; n++) counter.add(`rule-${n}`, n % 2 === 0 ? 'reset' : 'latency')
  counter.add('rule-0', 'reset')
  const samples = counter.samples()
  t.equal(samples.length, LABEL_CODES + 2)
  t.same(
    samples.filter(({ labels }) => labels['rule'] === 'other').map(({ value }) => value),
    [5, 5],
  )
  t.equal(samples[0]?.value, 2)
})
