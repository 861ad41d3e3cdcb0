/**
 * Candidates: the rules whose host condition holds for one host, in ascending order, merged from several posting lists.
 *
 * This is what keeps "first match wins" across structures: trie, globs and prefixes each hand in the heads of their lists, and
 * the lowest rule number comes out first, whichever structure it stands in. One instance per index, reused for every decision:
 * it must be drained or dropped before the next. No thread of its own.
 */

import { END, type PostingLists } from './posting-lists.ts'

export class Candidates {
  readonly #postings: PostingLists
  readonly #cursors: number[] = []
  #count = 0

  constructor(postings: PostingLists) {
    this.#postings = postings
  }

  reset(): void {
    this.#count = 0
  }

  /** Adds the list at `head`. */
  add(head: number): void {
    if (head !== END) this.#cursors[this.#count++] = head
  }

  /** The next rule number, or END. A rule that several lists hold comes out once. */
  take(): number {
    let lowest = END
    for (let at = 0; at < this.#count; at++) {
      const rule = this.#postings.rule(this.#cursors[at] ?? END)
      if (lowest === END || rule < lowest) lowest = rule
    }
    for (let at = this.#count - 1; at >= 0; at--) this.#advance(at, lowest)
    return lowest
  }

  /** Steps the cursor past `rule`; a list that has come to its end gives its place to the last one. */
  #advance(at: number, rule: number): void {
    const cursor = this.#cursors[at] ?? END
    if (this.#postings.rule(cursor) !== rule) return
    const next = this.#postings.next(cursor)
    this.#cursors[at] = next === END ? (this.#cursors[--this.#count] ?? END) : next
  }
}
