/** Errors keep their class and their words on the way between threads. */

import t from 'tap'
import { errorOf, failureOf } from '../../src/loader/loader-protocol.ts'
import { UserError } from '../../src/shared/errors.ts'
import { ConfigError } from '../../src/shared/options/problems/config-error.ts'

const PROBLEM = { path: ['rules', 1], line: 4, column: 2, reason: 'is wrong', remedy: 'put it right' }

const across = (error: unknown): Error => errorOf(structuredClone(failureOf(error)))

t.test('there and back', async (t) => {
  const refused = across(new ConfigError([PROBLEM], 'soth.yaml'))
  t.type(refused, ConfigError)
  t.match(refused, { problems: [PROBLEM], file: 'soth.yaml', line: 4, message: new ConfigError([PROBLEM], 'soth.yaml').message })
  const failed = across(new UserError('cannot', 'here', 'try'))
  t.type(failed, UserError)
  t.match(failed, { what: 'cannot', where: 'here', remedy: 'try' })
  const bug = across(new TypeError('ours'))
  t.notOk(bug instanceof UserError)
  t.match(bug.message, /could not be loaded: TypeError: ours/)
  t.match(across('thrown text').message, /thrown text/)
})
