/** Mirror test of `src/shared/assert.ts`. */

import t from 'tap'
import { assertNever, invariant } from '../../src/shared/assert.ts'

t.doesNotThrow(() => invariant(true, 'holds'))
t.throws(() => invariant(1 > 2, 'one is above two'), { name: 'InvariantError', message: 'invariant broken: one is above two' })
t.throws(() => assertNever('x' as never, 'letter'), { name: 'InvariantError', message: 'unhandled letter: x' })
