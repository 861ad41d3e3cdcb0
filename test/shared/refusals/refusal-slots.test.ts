/** Refusal slots: every code of both tables has one, and leads back to itself. */

import t from 'tap'
import { REFUSAL_CODES, refusalSlot } from '../../../src/shared/refusals/refusal-slots.ts'
import { refusals } from '../../../src/shared/refusals/registry.ts'
import { CONNECT_VIOLATIONS } from '../../../src/shared/violations/connect.ts'

t.test('codes and slots', async (t) => {
  const codes = [...Object.keys(refusals), ...Object.keys(CONNECT_VIOLATIONS)]
  for (const code of codes) t.equal(REFUSAL_CODES[refusalSlot(code)], code)
  t.equal(REFUSAL_CODES.length, codes.length)
  t.equal(new Set(REFUSAL_CODES).size, codes.length, 'no code in two slots')
  for (const code of ['', 'http1_bare_lf', 'toString']) t.equal(refusalSlot(code), -1, code)
})
