/**
 * A trie of host names by label, from the right: the structure that makes 100,000 host rules as quick as ten.
 *
 *     root ─ com ─ example ─ api        exact:  api.example.com
 *                     └ suffix: .example.com, *.example.com
 *                     └ globs:  api-*.example.com (filed under its literal end)
 *
 * Flat: a node is a row of columns, and the children of all nodes live in one hash table keyed by (node, label). A look-up takes one step per label of the host and stops at the first label no rule names.
 * Readers in
 * all threads share it; only the globs' matchers are each thread's own. No thread of its own.
 */

import { Column, type SharedWords } from '../column.ts'
import { Glob } from '../conditions/glob.ts'
import { type SharedTexts, TextPool } from '../text-pool.ts'
import type { Candidates } from './candidates.ts'
import { EdgeTable, type SharedEdges } from './edge-table.ts'
import { END, type PostingLists } from './posting-lists.ts'

const ROOT = 0
const DOT = '.'

export interface SharedTrie {
  readonly edges: SharedEdges
  readonly exact: SharedWords
  readonly below: SharedWords
  readonly firstGlobs: SharedWords
  readonly nextGlobs: SharedWords
  readonly globHeads: SharedWords
  readonly globTexts: SharedTexts
}

export class LabelTrie {
  readonly #postings: PostingLists
  readonly #edges: EdgeTable
  /** Columns by node: heads of posting lists, and the last glob that was filed there. */
  readonly #exact: Column
  readonly #below: Column
  readonly #firstGlobs: Column
  /** Columns by glob: the one filed at the same node before it, its posting list, and its text. */
  readonly #nextGlobs: Column
  readonly #globHeads: Column
  readonly #globTexts: TextPool
  /** Of this thread, by glob: made when a host first gets as far. */
  readonly #globs: (Glob | undefined)[] = []

  constructor(postings: PostingLists, shared?: SharedTrie) {
    this.#postings = postings
    this.#edges = new EdgeTable(shared?.edges)
    this.#exact = new Column(shared?.exact)
    this.#below = new Column(shared?.below)
    this.#firstGlobs = new Column(shared?.firstGlobs)
    this.#nextGlobs = new Column(shared?.nextGlobs)
    this.#globHeads = new Column(shared?.globHeads)
    this.#globTexts = new TextPool(shared?.globTexts)
    if (shared === undefined) this.#addNode()
  }

  addExact(name: string, rule: number): void {
    const node = this.#grow(name)
    this.#exact.set(node, this.#postings.append(this.#exact.at(node), rule))
  }

  /** Every name below `name`, at any depth; not `name` itself. */
  addBelow(name: string, rule: number): void {
    const node = this.#grow(name)
    this.#below.set(node, this.#postings.append(this.#below.at(node), rule))
  }

  /** Files the glob under the labels at its end that have no wildcard, so that only hosts with that end are tried. */
  addGlob(glob: Glob, rule: number): void {
    const wild = Math.max(glob.pattern.lastIndexOf('*'), glob.pattern.lastIndexOf('?'))
    const dot = glob.pattern.indexOf(DOT, wild)
    const node = dot < 0 ? ROOT : this.#grow(glob.pattern.slice(dot + 1))
    this.#nextGlobs.push(this.#firstGlobs.at(node))
    this.#globHeads.push(this.#postings.append(END, rule))
    this.#firstGlobs.set(node, this.#globTexts.add(glob.pattern))
  }

  /** Adds to `candidates` the list of every entry that holds for `host` (canonical). */
  collect(host: string, candidates: Candidates): void {
    let node = ROOT
    let end = host.length
    this.#collectGlobs(node, host, candidates)
    while (end > 0) {
      const dot = host.lastIndexOf(DOT, end - 1)
      node = this.#edges.find(node, host, dot + 1, end)
      if (node === END) return
      if (dot < 0) {
        candidates.add(this.#exact.at(node))
        return
      }
      candidates.add(this.#below.at(node))
      this.#collectGlobs(node, host, candidates)
      end = dot
    }
  }

  #collectGlobs(node: number, host: string, candidates: Candidates): void {
    for (let number = this.#firstGlobs.at(node); number !== END; number = this.#nextGlobs.at(number)) {
      const glob = this.#globs[number] ?? new Glob(this.#globTexts.text(number))
      this.#globs[number] = glob
      if (glob.matches(host)) candidates.add(this.#globHeads.at(number))
    }
  }

  share(): SharedTrie {
    return {
      edges: this.#edges.share(),
      exact: this.#exact.share(),
      below: this.#below.share(),
      firstGlobs: this.#firstGlobs.share(),
      nextGlobs: this.#nextGlobs.share(),
      globHeads: this.#globHeads.share(),
      globTexts: this.#globTexts.share(),
    }
  }

  #grow(name: string): number {
    let node = ROOT
    for (let end = name.length; end >= 0; ) {
      const start = end === 0 ? 0 : name.lastIndexOf(DOT, end - 1) + 1
      let child = this.#edges.find(node, name, start, end)
      if (child === END) {
        child = this.#edges.insert(node, name, start, end)
        this.#addNode()
      }
      node = child
      end = start - 1
    }
    return node
  }

  #addNode(): void {
    this.#exact.push(END)
    this.#below.push(END)
    this.#firstGlobs.push(END)
  }
}
