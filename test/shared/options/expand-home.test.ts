/**
 * expandHome: `~` alone and `~/…`, nothing else.
 */

import { homedir } from 'node:os'
import t from 'tap'
import { expandHome } from '../../../src/shared/options/expand-home.ts'

t.equal(expandHome('~'), homedir())
t.equal(expandHome('~/ca'), `${homedir()}/ca`)
t.equal(expandHome('/etc/~/x'), '/etc/~/x')
t.equal(expandHome('~user/x'), '~user/x')
