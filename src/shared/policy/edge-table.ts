/**
 * EdgeTable: (node, label) → child node, for the trie. Open addressing with linear probing over one Int32Array.
 *
 *     slot:  [ node | label | child ]      empty: child = EMPTY
 *
 * Keys are numbers the compiler of the policy gave out, never octets of the network, so nobody can aim at its hash. Grows by
 * doubling at half fill; never shrinks. No thread of its own.
 */

const EMPTY = -1
const SLOT_WORDS = 3
const FIRST_SLOTS = 64

export class EdgeTable {
  #slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS).fill(EMPTY)
  #mask = FIRST_SLOTS - 1
  #count = 0

  /** The child, or −1. */
  find(node: number, label: number): number {
    return this.#slots[this.#slot(node, label) + 2] ?? EMPTY
  }

  /** The pair must not be in the table yet. */
  insert(node: number, label: number, child: number): void {
    if (++this.#count * 2 > this.#mask) this.#double()
    this.#put(node, label, child)
  }

  #put(node: number, label: number, child: number): void {
    const slot = this.#slot(node, label)
    this.#slots[slot] = node
    this.#slots[slot + 1] = label
    this.#slots[slot + 2] = child
  }

  /** Offset of the pair's slot, or of the empty one where it belongs. Ends, because at most half of the slots are full. */
  #slot(node: number, label: number): number {
    let index = (Math.imul(node, 0x9e3779b1) ^ Math.imul(label, 0x85ebca6b)) >>> 0
    index ^= index >>> 15
    for (;;) {
      const slot = (index & this.#mask) * SLOT_WORDS
      if (this.#slots[slot + 2] === EMPTY || (this.#slots[slot] === node && this.#slots[slot + 1] === label)) return slot
      index++
    }
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
