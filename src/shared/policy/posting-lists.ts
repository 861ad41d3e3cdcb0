/**
 * Posting lists: for each key of an index, the numbers of the rules filed under it, ascending. Flat, as linked lists.
 *
 *     head ─▶ [rule 3 | next ●]─▶ [rule 17 | next ●]─▶ [rule 90 | END]
 *
 * Two words a posting, so that 100,000 of them cost 800 KB and no object. Rules are filed in ascending order.
 * No thread of its own.
 */

/** Ends every list, and stands for the empty list. */
export const END = -1

export class PostingLists {
  readonly #rules: number[] = []
  readonly #next: number[] = []
  /** The last posting of the list that begins at a posting, kept while building only. */
  readonly #tails = new Map<number, number>()

  /** Appends `rule` to the list at `head` and returns the list's head. A rule that stands at the end already is not repeated. */
  append(head: number, rule: number): number {
    const tail = head === END ? END : (this.#tails.get(head) ?? head)
    if (tail !== END && this.#rules[tail] === rule) return head
    const posting = this.#rules.push(rule) - 1
    this.#next.push(END)
    if (tail === END) return posting
    this.#next[tail] = posting
    this.#tails.set(head, posting)
    return head
  }

  rule(posting: number): number {
    return this.#rules[posting] ?? END
  }

  next(posting: number): number {
    return this.#next[posting] ?? END
  }
}
