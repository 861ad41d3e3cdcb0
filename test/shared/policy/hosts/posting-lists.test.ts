/** PostingLists: any number of lists in one table, each as it was filed, without a neighbour repeated. */

import fc from 'fast-check'
import t from 'tap'
import { END, PostingLists } from '../../../../src/shared/policy/hosts/posting-lists.ts'

function listAt(postings: PostingLists, head: number): number[] {
  const rules: number[] = []
  for (let at = head; at !== END; at = postings.next(at)) rules.push(postings.rule(at))
  return rules
}

t.test('property: lists filled in turn stay apart', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(30)), { maxLength: 60 }), (filed) => {
      const postings = new PostingLists()
      const heads = [END, END, END, END, END]
      const expected: number[][] = [[], [], [], [], []]
      for (const [list, rule] of filed.sort((a, b) => a[1] - b[1])) {
        heads[list] = postings.append(heads[list] as number, rule)
        if (expected[list]?.at(-1) !== rule) expected[list]?.push(rule)
      }
      return heads.every((head, list) => listAt(postings, head).join() === expected[list]?.join())
    }),
  )
})

t.test('beyond the table there is nothing', async (t) => {
  const postings = new PostingLists()
  t.equal(postings.rule(END), END)
  t.equal(postings.next(7), END)
})
