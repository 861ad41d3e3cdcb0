/**
 * HostIndex: host patterns → the rules they belong to. Joins the trie (names, suffixes, globs) and the prefix table (addresses).
 *
 * Filled once per compiled policy, in rule order; then shared, and only asked. No thread of its own.
 */

import { Glob } from '../conditions/glob.ts'
import { Candidates } from './candidates.ts'
import { canonicalHost } from './host-name.ts'
import type { HostPattern } from './host-pattern.ts'
import { parseHostAddress } from './ip-address.ts'
import { LabelTrie, type SharedTrie } from './label-trie.ts'
import { END, PostingLists, type SharedPostings } from './posting-lists.ts'
import { PrefixTable, type SharedPrefixes } from './prefix-table.ts'

/** A filled index in memory that threads share. */
export interface SharedHosts {
  readonly postings: SharedPostings
  readonly trie: SharedTrie
  readonly prefixes: SharedPrefixes
  readonly unconditional: number
  readonly isEmpty: boolean
}

export class HostIndex {
  readonly #postings: PostingLists
  readonly #trie: LabelTrie
  readonly #prefixes: PrefixTable
  readonly #candidates: Candidates
  /** Rules without a host condition. */
  #unconditional: number
  #isEmpty: boolean

  /** `shared`: what another index has shared, to be asked. */
  constructor(shared?: SharedHosts) {
    this.#postings = new PostingLists(shared?.postings)
    this.#trie = new LabelTrie(this.#postings, shared?.trie)
    this.#prefixes = new PrefixTable(this.#postings, shared?.prefixes)
    this.#candidates = new Candidates(this.#postings)
    this.#unconditional = shared?.unconditional ?? END
    this.#isEmpty = shared?.isEmpty ?? true
  }

  share(): SharedHosts {
    return {
      postings: this.#postings.share(),
      trie: this.#trie.share(),
      prefixes: this.#prefixes.share(),
      unconditional: this.#unconditional,
      isEmpty: this.#isEmpty,
    }
  }

  /** `rule` numbers must come in ascending order. */
  add(pattern: HostPattern, rule: number): void {
    this.#isEmpty = false
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
    this.#isEmpty = false
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
    return !this.#isEmpty && this.candidates(host).take() !== END
  }
}
