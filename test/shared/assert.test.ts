/** Invariants fail loud, with what was broken. */

import t from 'tap'
import { assertNever, InvariantError, invariant } from '../../src/shared/assert.ts'

t.test('invariant and assertNever', async (t) => {
  t.doesNotThrow(() => invariant(true, 'never told'))
  t.throws(() => invariant(false, 'one claim at a time'), { name: 'InvariantError', message: 'invariant broken: one claim at a time' })
  t.throws(() => assertNever('new member' as never, 'action'), { message: 'unhandled action: new member' })
  t.throws(() => invariant(false, 'x'), InvariantError)
})
