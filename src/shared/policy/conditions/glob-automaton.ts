/**
 * GlobAutomaton: matches a glob in time linear in the text, whatever the pattern: no backtracking exists here.
 *
 * The pattern is a nondeterministic automaton whose states are bits of a word vector (Shift-And, Baeza-Yates and Gonnet
 * 1992): state i means "the first i characters of the pattern were matched". One step per character of the text:
 *
 *     states = ((states & accepts[c]) << 1) | (states & loops)
 *
 * `accepts[c]`: states whose next pattern character is c or `?`. `loops`: states before which a `*` stands, which no character
 * leaves. So a match costs text length × ⌈pattern length / 32⌉ word operations, and a hostile pattern or text cannot make it
 * cost more. No thread of its own; an instance is not shared between threads.
 */

const BITS = 32
const STAR = 0x2a
const QUESTION = 0x3f

export class GlobAutomaton {
  readonly #words: number
  /** Per character: the states that accept it. Characters that the pattern does not name are accepted by `#any` only. */
  readonly #accepts = new Map<number, Int32Array>()
  readonly #any: Int32Array
  readonly #loops: Int32Array
  readonly #states: Int32Array
  /** Number of the accepting state: the pattern's characters, stars left out. */
  readonly #last: number

  constructor(pattern: string) {
    let length = 0
    for (let at = 0; at < pattern.length; at++) if (pattern.charCodeAt(at) !== STAR) length++
    this.#last = length
    this.#words = Math.floor(length / BITS) + 1
    this.#any = new Int32Array(this.#words)
    this.#loops = new Int32Array(this.#words)
    this.#states = new Int32Array(this.#words)
    this.#compile(pattern)
  }

  /** Whether the whole of `text[start, end)` matches. */
  matches(text: string, start: number, end: number): boolean {
    const states = this.#states
    states.fill(0)
    states[0] = 1
    for (let at = start; at < end; at++) {
      const accepts = this.#accepts.get(text.charCodeAt(at)) ?? this.#any
      if (!this.#step(states, accepts)) return false
    }
    return hasBit(states, this.#last)
  }

  /** False when no state is left, so that most texts are given up after a few characters. */
  #step(states: Int32Array, accepts: Int32Array): boolean {
    let carry = 0
    let alive = 0
    for (let word = 0; word < this.#words; word++) {
      const state = states[word] ?? 0
      const advanced = state & (accepts[word] ?? 0)
      const next = (advanced << 1) | carry | (state & (this.#loops[word] ?? 0))
      carry = advanced >>> (BITS - 1)
      states[word] = next
      alive |= next
    }
    return alive !== 0
  }

  #compile(pattern: string): void {
    const named = new Set<number>()
    for (let at = 0; at < pattern.length; at++) named.add(pattern.charCodeAt(at))
    named.delete(STAR)
    named.delete(QUESTION)
    for (const code of named) this.#accepts.set(code, new Int32Array(this.#words))
    let state = 0
    for (let at = 0; at < pattern.length; at++) {
      const code = pattern.charCodeAt(at)
      if (code === STAR) {
        setBit(this.#loops, state)
        continue
      }
      const accepting = this.#accepts.get(code)
      if (accepting !== undefined) setBit(accepting, state)
      else for (const words of [this.#any, ...this.#accepts.values()]) setBit(words, state)
      state++
    }
  }
}

function setBit(words: Int32Array, bit: number): void {
  const word = Math.floor(bit / BITS)
  words[word] = (words[word] ?? 0) | (1 << (bit % BITS))
}

function hasBit(words: Int32Array, bit: number): boolean {
  return ((words[Math.floor(bit / BITS)] ?? 0) & (1 << (bit % BITS))) !== 0
}
