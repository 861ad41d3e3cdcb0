/** CodeCounter: distinct codes up to the limit, then other. */

import t from 'tap'
import { CodeCounter } from '../../../src/aggregator/metrics/code-counter.ts'
import { LABEL_CODES } from '../../../src/shared/limits/aggregator.ts'

t.test('counts by code, and beyond the limit as other', (t) => {
  const counter = new CodeCounter('violation')
  for (let n = 0; n < LABEL_CODES + 10; n++) counter.add(`code_${n}`)
  counter.add('code_0', 4)
  const samples = counter.samples()
  t.equal(samples.length, LABEL_CODES + 1)
  t.same(samples[0], { labels: { violation: 'code_0' }, value: 5 })
  t.same(samples.at(-1), { labels: { violation: 'other' }, value: 10 })
  t.end()
})
