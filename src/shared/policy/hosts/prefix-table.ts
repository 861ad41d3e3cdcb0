/**
 * PrefixTable: IP prefix → rules. A look-up masks the address once per prefix length in use and asks one hash table.
 *
 *     edge table:  (family and length, masked address) → entry ─▶ posting list
 *
 * At most 33 lengths of IPv4 and 129 of IPv6 exist, and a configuration uses a handful, so this beats a binary trie in time and in
 * size. Readers in all threads share it. No thread of its own.
 */

import { Column, type SharedWords } from '../column.ts'
import type { Candidates } from './candidates.ts'
import { EdgeTable, type SharedEdges } from './edge-table.ts'
import type { IpWords } from './ip-address.ts'
import { type IpPrefix, wordMask } from './ip-prefix.ts'
import { END, type PostingLists } from './posting-lists.ts'

/** Above every length: what tells IPv6 from IPv4, whose prefixes never hold each other's addresses. */
const IPV6 = 256
const IPV6_WORDS = 8

export interface SharedPrefixes {
  readonly edges: SharedEdges
  readonly lengths: SharedWords
  readonly heads: SharedWords
}

export class PrefixTable {
  readonly #postings: PostingLists
  readonly #edges: EdgeTable
  /** Family and length of the prefixes there are. */
  readonly #lengths: Column
  /** By entry, which the edge table numbers from 1: its posting list. */
  readonly #heads: Column

  constructor(postings: PostingLists, shared?: SharedPrefixes) {
    this.#postings = postings
    this.#edges = new EdgeTable(shared?.edges)
    this.#lengths = new Column(shared?.lengths)
    this.#heads = new Column(shared?.heads)
    if (shared === undefined) this.#heads.push(END)
  }

  add({ words, length }: IpPrefix, rule: number): void {
    const node = family(words) + length
    if (!this.#knows(node)) this.#lengths.push(node)
    const key = maskedKey(words, length)
    let entry = this.#edges.find(node, key, 0, key.length)
    if (entry === END) {
      entry = this.#edges.insert(node, key)
      this.#heads.push(END)
    }
    this.#heads.set(entry, this.#postings.append(this.#heads.at(entry), rule))
  }

  collect(address: IpWords, candidates: Candidates): void {
    const base = family(address)
    for (let at = 0; at < this.#lengths.length; at++) {
      const node = this.#lengths.at(at)
      if ((node & IPV6) !== base) continue
      const key = maskedKey(address, node - base)
      const entry = this.#edges.find(node, key, 0, key.length)
      if (entry !== END) candidates.add(this.#heads.at(entry))
    }
  }

  share(): SharedPrefixes {
    return { edges: this.#edges.share(), lengths: this.#lengths.share(), heads: this.#heads.share() }
  }

  #knows(node: number): boolean {
    for (let at = 0; at < this.#lengths.length; at++) if (this.#lengths.at(at) === node) return true
    return false
  }
}

function family(words: IpWords): number {
  return words.length === IPV6_WORDS ? IPV6 : 0
}

const SEXTETS = [12, 6, 0] as const

/** The masked words as text: ASCII, as labels are, three characters of six bits and less for each word. */
function maskedKey(words: IpWords, length: number): string {
  let key = ''
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] ?? 0) & wordMask(length, at)
    for (const shift of SEXTETS) key += String.fromCharCode((word >> shift) & 63)
  }
  return key
}
