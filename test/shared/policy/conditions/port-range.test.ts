/** Port ranges: one port, both ends, and what is none. */

import t from 'tap'
import { inPortRange, parsePortRange } from '../../../../src/shared/policy/conditions/port-range.ts'

t.test('ports and ranges', async (t) => {
  t.same(parsePortRange(443), { from: 443, to: 443 })
  t.same(parsePortRange('8000-8999'), { from: 8_000, to: 8_999 })
  t.same(
    [7_999, 8_000, 8_999, 9_000].map((port) => inPortRange(parsePortRange('8000-8999'), port)),
    [false, true, true, false],
  )
  t.throws(() => parsePortRange('9-8'), { name: 'ConfigError', reason: /ends before/ })
  for (const text of ['0-8', '1-65536', '0-0']) t.throws(() => parsePortRange(text), { name: 'ConfigError', reason: /beyond/ }, text)
})
