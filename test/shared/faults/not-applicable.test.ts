/** What was not applied is told from what was, as a value and as JSON. */

import t from 'tap'
import { isNotApplicable, type NotApplicable, saysNotApplicable } from '../../../src/shared/faults/not-applicable.ts'

const NOT: NotApplicable = { not_applicable: 'HTTP/1.1' }

t.equal(isNotApplicable(NOT), true)
t.equal(saysNotApplicable(JSON.stringify(NOT)), true)
for (const applied of ['as_asked', { ms: 7 }, { code: 8 }, null, undefined]) {
  t.equal(isNotApplicable(applied), false, JSON.stringify(applied))
  t.equal(saysNotApplicable(JSON.stringify(applied)), false)
}
