/**
 * Posting lists: for each key of an index, the numbers of the rules filed under it, ascending. Flat, as linked lists.
 *
 *     head ─▶ [rule 3 | next ●]─▶ [rule 17 | next ●]─▶ [rule 90 | END]
 *
 * Two words a posting, so that 100,000 of them cost 800 KB and no object. Rules are filed in ascending order.
 * Readers in all
 * threads share them. No thread of its own.
 */

import { Column, type SharedWords } from '../column.ts'

/** Ends every list, and stands for the empty list. */
export const END = -1

export interface SharedPostings {
  readonly rules: SharedWords
  readonly next: SharedWords
}

export class PostingLists {
  readonly #rules: Column
  readonly #next: Column
  /** The last posting of the list that begins at a posting, kept while building only. */
  readonly #tails = new Map<number, number>()

  constructor(shared?: SharedPostings) {
    this.#rules = new Column(shared?.rules)
    this.#next = new Column(shared?.next)
  }

  /** Appends `rule` to the list at `head` and returns the list's head. A rule that stands at the end already is not repeated. */
  append(head: number, rule: number): number {
    const tail = head === END ? END : (this.#tails.get(head) ?? head)
    if (tail !== END && this.#rules.at(tail) === rule) return head
    const posting = this.#rules.push(rule)
    this.#next.push(END)
    if (tail === END) return posting
    this.#next.set(tail, posting)
    this.#tails.set(head, posting)
    return head
  }

  rule(posting: number): number {
    return posting < 0 || posting >= this.#rules.length ? END : this.#rules.at(posting)
  }

  next(posting: number): number {
    return posting < 0 || posting >= this.#next.length ? END : this.#next.at(posting)
  }

  share(): SharedPostings {
    return { rules: this.#rules.share(), next: this.#next.share() }
  }
}
