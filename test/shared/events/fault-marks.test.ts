/** FaultMarks: an exchange, or the whole flow. */

import t from 'tap'
import { FaultMarks } from '../../../src/shared/events/fault-marks.ts'
import { NO_STREAM } from '../../../src/shared/events/record/record-descriptor.ts'

t.test('exchanges until they are over, the flow for good', async (t) => {
  const marks = new FaultMarks()
  marks.add(3)
  t.same([marks.covers(3), marks.covers(4), marks.covers(NO_STREAM)], [true, false, false])
  marks.forget(3)
  t.equal(marks.covers(3), false)
  marks.add(NO_STREAM)
  marks.forget(NO_STREAM)
  t.same([marks.covers(3), marks.covers(NO_STREAM)], [true, true])
})
