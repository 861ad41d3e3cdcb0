/** HostIndex: every form of pattern finds its rules, in the order of the rules, whichever structure holds them. */

import t from 'tap'
import { HostIndex } from '../../../../src/shared/policy/hosts/host-index.ts'
import { parseHostPattern } from '../../../../src/shared/policy/hosts/host-pattern.ts'
import { END } from '../../../../src/shared/policy/hosts/posting-lists.ts'

const PATTERNS = ['a.example', '.a.example', '*.a.example', 'a*.example', '10.0.0.0/8', '10.1.2.3', '*', '10.*', '2001:db8::/32']

function rulesFor(index: HostIndex, host: string): number[] {
  const rules: number[] = []
  const candidates = index.candidates(host)
  for (let rule = candidates.take(); rule !== END; rule = candidates.take()) rules.push(rule)
  return rules
}

t.test('candidates', async (t) => {
  const index = new HostIndex()
  for (const [rule, pattern] of PATTERNS.entries()) index.add(parseHostPattern(pattern), rule)
  index.addUnconditional(PATTERNS.length)
  const always = [6, 9]
  const table: readonly (readonly [host: string, rules: readonly number[]])[] = [
    ['a.example', [0, 1, 3]],
    ['A.Example.', [0, 1, 3]],
    ['b.a.example', [1, 2]],
    ['ab.example', [3]],
    ['10.1.2.3', [4, 5, 7]],
    ['10.9.9.9', [4, 7]],
    ['0x0a.1.2.3', [4, 5]],
    ['[2001:DB8::1]', [8]],
    ['other', []],
    ['', []],
  ]
  for (const [host, rules] of table) {
    t.same(
      rulesFor(index, host),
      [...rules, ...always].sort((a, b) => a - b),
      JSON.stringify(host),
    )
    t.ok(index.holds(host))
  }
})

t.test('an empty index holds for nothing, and an answer does not leak into the next', async (t) => {
  t.notOk(new HostIndex().holds('a.example'))
  const index = new HostIndex()
  index.add(parseHostPattern('a.example'), 0)
  index.candidates('a.example')
  t.same(rulesFor(index, 'b.example'), [], 'the candidates before were not drained')
})
