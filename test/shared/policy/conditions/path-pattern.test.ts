/** Path patterns: which targets each is about, what is no pattern, and that no pattern can make a target slow. */

import t from 'tap'
import { ConfigError } from '../../../../src/shared/options/problems/config-error.ts'
import { parsePathPattern } from '../../../../src/shared/policy/conditions/path-pattern.ts'

t.test('which targets a pattern is about', (t) => {
  const cases: readonly (readonly [pattern: string, target: string, holds: boolean])[] = [
    ['/v1/messages', '/v1/messages', true],
    ['/v1/messages', '/v1/messages?beta=true', true],
    ['/v1/messages', '/v1/messages/count', false],
    ['/v1/messages?beta=true', '/v1/messages?beta=true', true],
    ['/v1/messages?beta=true', '/v1/messages', false],
    ['/v1/messages?beta=true', '/v1/messages?beta=false', false],
    ['/a?b=?*', '/a?b=?c', true],
    ['/v1/*', '/v1/a/b?c', true],
    ['/v1/*', '/v1', false],
    ['*/admin', '/x/admin?y', true],
    ['*.json?*', '/a.json?x=1', true],
    ['*.json?*', '/a.json', false],
    ['re:^/v[12]/', '/v2/x', true],
    ['re:^/v[12]/', '/v3/x', false],
    ['re:token=[a-f0-9]+$', '/a?token=ff', true],
    ['/', '', false],
    ['*', '', true],
  ]
  for (const [pattern, target, holds] of cases) t.equal(parsePathPattern(pattern).matches(target), holds, `${pattern} ~ ${target}`)
  t.end()
})

t.test('what is no pattern is refused with a remedy', (t) => {
  for (const text of ['v1/messages', '', 're:(', 're:(?<=a)b', 're:(a)\\1', `/${'x'.repeat(600)}`]) {
    t.throws(() => parsePathPattern(text), ConfigError, text.slice(0, 20))
  }
  t.end()
})

t.test('a hostile pattern is linear in the target', (t) => {
  const target = `/${'a'.repeat(20_000)}!`
  const started = process.cpuUsage()
  for (const pattern of ['re:^/(a+)+$', 're:(a|aa)+$', '/*a*a*a*a*a*b', 're:(.*)(.*)(.*)x$'])
    t.notOk(parsePathPattern(pattern).matches(target))
  const { user } = process.cpuUsage(started)
  t.ok(user < 5_000_000, `${user} µs of CPU; backtracking would take years`)
  t.end()
})
