/** LabelTrie: exact names, names below, globs under their literal end; property: the same as asking every entry. */

import fc from 'fast-check'
import t from 'tap'
import { Glob } from '../../../../src/shared/policy/conditions/glob.ts'
import { Candidates } from '../../../../src/shared/policy/hosts/candidates.ts'
import { LabelTrie } from '../../../../src/shared/policy/hosts/label-trie.ts'
import { END, PostingLists } from '../../../../src/shared/policy/hosts/posting-lists.ts'

type Entry = readonly [kind: 'exact' | 'below' | 'glob', name: string]

function rulesFor(entries: readonly Entry[], host: string): number[] {
  const postings = new PostingLists()
  const trie = new LabelTrie(postings)
  for (const [rule, [kind, name]] of entries.entries()) {
    if (kind === 'exact') trie.addExact(name, rule)
    else if (kind === 'below') trie.addBelow(name, rule)
    else trie.addGlob(new Glob(name), rule)
  }
  const candidates = new Candidates(postings)
  trie.collect(host, candidates)
  const rules: number[] = []
  for (let rule = candidates.take(); rule !== END; rule = candidates.take()) rules.push(rule)
  return rules
}

const ENTRIES: readonly Entry[] = [
  ['exact', 'a.example'],
  ['below', 'a.example'],
  ['exact', 'example'],
  ['below', 'example'],
  ['glob', 'api-*.example'],
  ['glob', '*.a.?xample'],
  ['exact', 'a.example'],
]

const HOSTS: readonly (readonly [host: string, rules: readonly number[]])[] = [
  ['a.example', [0, 3, 6]],
  ['b.a.example', [1, 3, 5]],
  ['c.b.a.example', [1, 3, 5]],
  ['example', [2]],
  ['api-1.example', [3, 4]],
  ['api-1.x.example', [3, 4]],
  ['x.a.yxample', [5]],
  ['xa.example', [3]],
  ['a.exampl', []],
  ['', []],
  ['.', []],
  ['.example', [3]],
]

t.test('what holds for a host', async (t) => {
  for (const [host, rules] of HOSTS) t.same(rulesFor(ENTRIES, host), rules, JSON.stringify(host))
})

t.test('property: the same as asking every entry', async () => {
  const name = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const glob = fc.stringMatching(/^[ab.*?]{1,6}$/)
  const entry: fc.Arbitrary<Entry> = fc.oneof(
    fc.tuple(fc.constantFrom('exact' as const, 'below' as const), name),
    fc.tuple(fc.constant('glob' as const), glob),
  )
  const holds = ([kind, text]: Entry, host: string): boolean =>
    kind === 'exact' ? host === text : kind === 'below' ? host.endsWith(`.${text}`) : new Glob(text).matches(host)
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), name, (entries, host) => {
      const expected = [...entries.keys()].filter((rule) => holds(entries[rule] as Entry, host))
      return rulesFor(entries, host).join() === expected.join()
    }),
    { numRuns: 500 },
  )
})
