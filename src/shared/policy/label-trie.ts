/**
 * A trie of host names by label, from the right: the structure that makes 100,000 host rules as quick as ten.
 *
 *     root ─ com ─ example ─ api        exact:  api.example.com
 *                     └ suffix: .example.com, *.example.com
 *                     └ globs:  api-*.example.com (filed under its literal end)
 *
 * Flat: a node is a row of columns, and the children of all nodes live in one hash table keyed by (node, label). A look-up takes one step per label of the host and stops at the first label no rule names.
 * No thread of its own.
 */

import type { Candidates } from './candidates.ts'
import { EdgeTable } from './edge-table.ts'
import type { Glob } from './glob.ts'
import { END, type PostingLists } from './posting-lists.ts'

const ROOT = 0
const DOT = '.'

interface FiledGlob {
  readonly glob: Glob
  readonly head: number
}

export class LabelTrie {
  readonly #postings: PostingLists
  readonly #edges = new EdgeTable()
  /** Columns by node: heads of posting lists. */
  readonly #exact: number[] = [END]
  readonly #below: number[] = [END]
  /** Globs by node; few nodes have any. */
  readonly #globs = new Map<number, FiledGlob[]>()

  constructor(postings: PostingLists) {
    this.#postings = postings
  }

  addExact(name: string, rule: number): void {
    const node = this.#grow(name)
    this.#exact[node] = this.#postings.append(this.#exact[node] ?? END, rule)
  }

  /** Every name below `name`, at any depth; not `name` itself. */
  addBelow(name: string, rule: number): void {
    const node = this.#grow(name)
    this.#below[node] = this.#postings.append(this.#below[node] ?? END, rule)
  }

  /** Files the glob under the labels at its end that have no wildcard, so that only hosts with that end are tried. */
  addGlob(glob: Glob, rule: number): void {
    const wild = Math.max(glob.pattern.lastIndexOf('*'), glob.pattern.lastIndexOf('?'))
    const dot = glob.pattern.indexOf(DOT, wild)
    const node = dot < 0 ? ROOT : this.#grow(glob.pattern.slice(dot + 1))
    const filed = this.#globs.get(node) ?? []
    filed.push({ glob, head: this.#postings.append(END, rule) })
    this.#globs.set(node, filed)
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
        candidates.add(this.#exact[node] ?? END)
        return
      }
      candidates.add(this.#below[node] ?? END)
      this.#collectGlobs(node, host, candidates)
      end = dot
    }
  }

  #collectGlobs(node: number, host: string, candidates: Candidates): void {
    const globs = this.#globs.get(node)
    if (globs === undefined) return
    for (const filed of globs) if (filed.glob.matches(host)) candidates.add(filed.head)
  }

  #grow(name: string): number {
    let node = ROOT
    for (const label of name.split(DOT).reverse()) {
      let child = this.#edges.find(node, label, 0, label.length)
      if (child === END) {
        child = this.#edges.insert(node, label)
        this.#exact[child] = END
        this.#below[child] = END
      }
      node = child
    }
    return node
  }
}
