/** ValuePattern: exact, glob, expression. */

import t from 'tap'
import { parseValuePattern } from '../../../../src/shared/policy/conditions/value-pattern.ts'

t.test('forms', async (t) => {
  const cases: readonly (readonly [pattern: string, value: string, matches: boolean])[] = [
    ['curl/8', 'curl/8', true],
    ['curl/8', 'curl/8.1', false],
    ['what?', 'what?', true],
    ['what?', 'whats', false],
    ['*curl*', 'my curl/8', true],
    ['*', '', true],
    ['a*?', 'ab', true],
    ['re:^(dev|stage)$', 'stage', true],
    ['re:^(dev|stage)$', 'stages', false],
    ['', '', true],
  ]
  for (const [pattern, value, matches] of cases) t.equal(parseValuePattern(pattern).matches(value), matches, `${pattern} ${value}`)
})

t.test('refusals', async (t) => {
  t.throws(() => parseValuePattern('x'.repeat(513)), { name: 'ConfigError', reason: /more than 512/ })
  t.throws(() => parseValuePattern('re:['), { name: 'ConfigError' })
})
