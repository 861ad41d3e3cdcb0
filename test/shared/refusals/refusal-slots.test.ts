/** Mirror test of `src/shared/refusals/refusal-slots.ts`. */

import t from 'tap'
import { REFUSAL_SLOTS } from '../../../src/shared/counters/counters-descriptor.ts'
import { REFUSAL_CODES, refusalSlot } from '../../../src/shared/refusals/refusal-slots.ts'

t.ok(REFUSAL_CODES.length <= REFUSAL_SLOTS, `${REFUSAL_CODES.length} codes in ${REFUSAL_SLOTS} slots`)
t.equal(new Set(REFUSAL_CODES).size, REFUSAL_CODES.length, 'no code has two slots')
for (const [slot, code] of REFUSAL_CODES.entries()) t.equal(refusalSlot(code), slot, code)
t.equal(refusalSlot('none_of_ours'), -1)
