/**
 * HostIndex: host patterns → the rules they belong to. Joins the trie (names, suffixes, globs) and the prefix table (addresses).
 *
 * Filled once per compiled policy, in rule order; then only asked. No thread of its own.
 */

import { Candidates } from './candidates.ts'
import { Glob } from './glob.ts'
import { canonicalHost } from './host-name.ts'
import type { HostPattern } from './host-pattern.ts'
import { parseHostAddress } from './ip-address.ts'
import { LabelTrie } from './label-trie.ts'
import { END, PostingLists } from './posting-lists.ts'
import { PrefixTable } from './prefix-table.ts'

export class HostIndex {
  readonly #postings = new PostingLists()
  readonly #trie = new LabelTrie(this.#postings)
  readonly #prefixes = new PrefixTable(this.#postings)
  readonly #candidates = new Candidates(this.#postings)
  /** Rules without a host condition. */
  #unconditional = END
  #empty = true

  /** `rule` numbers must come in ascending order. */
  add(pattern: HostPattern, rule: number): void {
    this.#empty = false
    switch (pattern.kind) {
      case 'exact':
        this.#trie.addExact(pattern.name, rule)
        return
      case 'suffix':
        if (pattern.includesName) this.#trie.addExact(pattern.name, rule)
        this.#trie.addBelow(pattern.name, rule)
        return
      case 'glob':
        if (pattern.pattern === '*') this.addUnconditional(rule)
        else this.#trie.addGlob(new Glob(pattern.pattern), rule)
        return
      case 'prefix':
        this.#prefixes.add(pattern.prefix, rule)
    }
  }

  addUnconditional(rule: number): void {
    this.#empty = false
    this.#unconditional = this.#postings.append(this.#unconditional, rule)
  }

  /** The rules whose host condition holds, ascending. Valid until the next call. */
  candidates(host: string): Candidates {
    const name = canonicalHost(host)
    this.#candidates.reset()
    this.#candidates.add(this.#unconditional)
    const address = parseHostAddress(name)
    if (address !== undefined) this.#prefixes.collect(address, this.#candidates)
    this.#trie.collect(name, this.#candidates)
    return this.#candidates
  }

  /** Whether any rule's host condition holds. */
  holds(host: string): boolean {
    return !this.#empty && this.candidates(host).take() !== END
  }
}
