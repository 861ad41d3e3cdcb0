/**
 * EdgeTable: (node, label) → child node, for the trie. Open addressing with linear probing over one Int32Array.
 *
 *     slot:   [ node | hash of the label | child ]     empty: child = EMPTY
 *     labels: the octets of every child's label, one after another
 *
 * A label is looked up where it stands in the host, by its characters: no substring is made, and one probe finds the child, whose
 * label then settles it. Half of the slots at most are full and the keys in it are the configuration's, so a hostile host can at worst
 * walk one short cluster. Grows by doubling; never shrinks. No thread of its own.
 */

const EMPTY = -1
const SLOT_WORDS = 3
const FIRST_SLOTS = 64
const FIRST_LABEL_BYTES = 1_024

export class EdgeTable {
  #slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS).fill(EMPTY)
  #mask = FIRST_SLOTS - 1
  #count = 0
  #labels = new Uint8Array(FIRST_LABEL_BYTES)
  #labelBytes = 0
  /** By child: where its label begins, and at the next index where it ends. Children are numbered from 1, in order of insertion. */
  readonly #starts: number[] = [0, 0]

  /** The child of `node` by the label `text[start, end)`, or −1. */
  find(node: number, text: string, start: number, end: number): number {
    const hash = labelHash(text, start, end)
    for (let index = mix(node, hash); ; index++) {
      const slot = (index & this.#mask) * SLOT_WORDS
      const child = this.#slots[slot + 2] ?? EMPTY
      if (child === EMPTY) return EMPTY
      if (this.#slots[slot] === node && this.#slots[slot + 1] === hash && this.#isLabel(child, text, start, end)) return child
    }
  }

  /** Adds a child by the label `text` (ASCII), which must not be there yet, and returns its number. */
  insert(node: number, text: string): number {
    if (++this.#count * 2 > this.#mask) this.#double()
    this.#storeLabel(text)
    this.#put(node, labelHash(text, 0, text.length), this.#count)
    return this.#count
  }

  #isLabel(child: number, text: string, start: number, end: number): boolean {
    const from = this.#starts[child] ?? 0
    if ((this.#starts[child + 1] ?? 0) - from !== end - start) return false
    for (let at = start; at < end; at++) if (this.#labels[from + at - start] !== text.charCodeAt(at)) return false
    return true
  }

  #storeLabel(text: string): void {
    if (this.#labelBytes + text.length > this.#labels.length) {
      const grown = new Uint8Array(this.#labels.length * 2 + text.length)
      grown.set(this.#labels)
      this.#labels = grown
    }
    for (let at = 0; at < text.length; at++) this.#labels[this.#labelBytes++] = text.charCodeAt(at)
    this.#starts.push(this.#labelBytes)
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
