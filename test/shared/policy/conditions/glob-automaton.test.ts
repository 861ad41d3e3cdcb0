/**
 * GlobAutomaton on a range of a text; what it matches is tested with `glob.test.ts`, which cannot tell the two apart.
 */

import t from 'tap'
import { GlobAutomaton } from '../../../../src/shared/policy/conditions/glob-automaton.ts'

const automaton = new GlobAutomaton('a*?c')
t.equal(automaton.matches('xabcx', 1, 4), true)
t.equal(automaton.matches('xabcx', 0, 4), false)
t.equal(automaton.matches('xabcx', 1, 5), false)
t.equal(automaton.matches('ac', 0, 2), false)
t.equal(new GlobAutomaton('*').matches('anything', 3, 3), true)
