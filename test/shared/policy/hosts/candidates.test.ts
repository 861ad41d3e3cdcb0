/**
 * PostingLists and Candidates: lists merge in ascending order, each rule once.
 */

import fc from 'fast-check'
import t from 'tap'
import { Candidates } from '../../../../src/shared/policy/hosts/candidates.ts'
import { END, PostingLists } from '../../../../src/shared/policy/hosts/posting-lists.ts'

t.test('merges any lists', async () => {
  const list = fc.uniqueArray(fc.nat(50), { maxLength: 10 }).map((rules) => rules.sort((a, b) => a - b))
  fc.assert(
    fc.property(fc.array(list, { maxLength: 6 }), (lists) => {
      const postings = new PostingLists()
      const candidates = new Candidates(postings)
      for (let round = 0; round < 2; round++) {
        candidates.reset()
        for (const rules of lists) candidates.add(rules.reduce((head, rule) => postings.append(head, rule), END))
        const merged: number[] = []
        for (let rule = candidates.take(); rule !== END; rule = candidates.take()) merged.push(rule)
        const expected = [...new Set(lists.flat())].sort((a, b) => a - b)
        if (merged.join() !== expected.join()) return false
      }
      return true
    }),
  )
})

t.test('a rule that a list ends with is not repeated', async (t) => {
  const postings = new PostingLists()
  const head = postings.append(postings.append(END, 3), 3)
  t.equal(postings.rule(head), 3)
  t.equal(postings.next(head), END)
})
