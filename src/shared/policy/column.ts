/**
 * Column: a growing table of 32-bit words, in memory that threads can share. The stuff that a compiled policy is made of. No thread
 * of its own.
 *
 * One thread fills it and `share`s it; all others read what was shared, without a copy. A shared column is never written again.
 */

const FIRST_WORDS = 64

export type SharedWords = Int32Array<SharedArrayBuffer>

export class Column {
  #words: Int32Array
  #length: number

  /** `shared`: what another `Column` has shared, to be read. */
  constructor(shared?: SharedWords) {
    this.#words = shared ?? new Int32Array(FIRST_WORDS)
    this.#length = shared?.length ?? 0
  }

  get length(): number {
    return this.#length
  }

  /** The word at `index`; 0 beyond the end, where no caller looks. */
  at(index: number): number {
    return this.#words[index] ?? 0
  }

  set(index: number, word: number): void {
    this.#words[index] = word
  }

  /** Appends `word` and returns its index. */
  push(word: number): number {
    if (this.#length === this.#words.length) {
      const grown = new Int32Array(this.#length * 2)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[this.#length] = word
    return this.#length++
  }

  share(): SharedWords {
    return shareWords(this.#words.subarray(0, this.#length))
  }
}

/** A copy of `words` in shared memory. */
export function shareWords(words: Int32Array): SharedWords {
  const shared = new Int32Array(new SharedArrayBuffer(words.byteLength))
  shared.set(words)
  return shared
}
