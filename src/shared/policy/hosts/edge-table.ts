/**
 * EdgeTable: (node, label) → child node, for the trie. Open addressing with linear probing over one Int32Array.
 *
 *     slot:   [ node | hash of the label | child ]     empty: child = EMPTY
 *     labels: every child's label, one after another
 *
 * A label is looked up where it stands in the host, by its characters: no substring is made, and one probe finds the child, whose
 * label then settles it. Half of the slots at most are full and the keys in it are the configuration's, so a hostile host can at worst
 * walk one short cluster. Grows by doubling; never shrinks. No thread of its own.
 */

import { type SharedWords, shareWords } from '../column.ts'
import { type SharedTexts, TextPool } from '../text-pool.ts'

const EMPTY = -1
const SLOT_WORDS = 3
const FIRST_SLOTS = 64

export interface SharedEdges {
  readonly slots: SharedWords
  readonly labels: SharedTexts
}

export class EdgeTable {
  #slots: Int32Array
  #mask: number
  #count = 0
  /** By child, from number 1: its label. */
  readonly #labels: TextPool

  constructor(shared?: SharedEdges) {
    this.#slots = shared?.slots ?? new Int32Array(FIRST_SLOTS * SLOT_WORDS).fill(EMPTY)
    this.#mask = this.#slots.length / SLOT_WORDS - 1
    this.#labels = new TextPool(shared?.labels)
  }

  /** The child of `node` by the label `text[start, end)`, or −1. */
  find(node: number, text: string, start: number, end: number): number {
    const hash = labelHash(text, start, end)
    for (let index = mix(node, hash); ; index++) {
      const slot = (index & this.#mask) * SLOT_WORDS
      const child = this.#slots[slot + 2] ?? EMPTY
      if (child === EMPTY) return EMPTY
      if (this.#slots[slot] === node && this.#slots[slot + 1] === hash && this.#labels.equals(child - 1, text, start, end)) return child
    }
  }

  /** Adds a child by the label `text[start, end)` (ASCII), which must not be there yet, and returns its number: from 1, in order. */
  insert(node: number, text: string, start = 0, end = text.length): number {
    if (++this.#count * 2 > this.#mask) this.#double()
    this.#labels.add(text.slice(start, end))
    this.#put(node, labelHash(text, start, end), this.#count)
    return this.#count
  }

  share(): SharedEdges {
    return { slots: shareWords(this.#slots), labels: this.#labels.share() }
  }

  #put(node: number, hash: number, child: number): void {
    let index = mix(node, hash)
    while (this.#slots[(index & this.#mask) * SLOT_WORDS + 2] !== EMPTY) index++
    const slot = (index & this.#mask) * SLOT_WORDS
    this.#slots[slot] = node
    this.#slots[slot + 1] = hash
    this.#slots[slot + 2] = child
  }

  #double(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2).fill(EMPTY)
    this.#mask = this.#mask * 2 + 1
    for (let slot = 0; slot < old.length; slot += SLOT_WORDS) {
      const child = old[slot + 2] ?? EMPTY
      if (child !== EMPTY) this.#put(old[slot] ?? 0, old[slot + 1] ?? 0, child)
    }
  }
}

/** FNV-1a over the characters, 32 bits. */
function labelHash(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash | 0
}

function mix(node: number, hash: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ hash
  return (mixed ^ (mixed >>> 15)) >>> 0
}
