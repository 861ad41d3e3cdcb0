/**
 * A trie of host names by label, from the right: the structure that makes 100,000 host rules as quick as ten.
 *
 *     root ─ com ─ example ─ api        exact:  api.example.com
 *                     └ suffix: .example.com, *.example.com
 *                     └ globs:  api-*.example.com (filed under its literal end)
 *
 * Flat: labels are numbered, a node is a row of four columns, and the children of all nodes live in one hash table keyed by
 * (node, label). A look-up takes one step per label of the host and stops at the first label no rule names.
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
  readonly #labels = new Map<string, number>()
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
      const label = this.#labels.get(host.slice(dot + 1, end))
      if (label === undefined) return
      node = this.#edges.find(node, label)
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
    for (const text of name.split(DOT).reverse()) {
      let label = this.#labels.get(text)
      if (label === undefined) {
        label = this.#labels.size
        this.#labels.set(text, label)
      }
      let child = this.#edges.find(node, label)
      if (child === END) {
        child = this.#exact.push(END) - 1
        this.#below.push(END)
        this.#edges.insert(node, label, child)
      }
      node = child
    }
    return node
  }
}
