/**
 * Glob: `*` is any run of characters, `?` any one. Linear in the text, whatever the pattern.
 *
 *     api-  *.eu-?  .example.com        head and tail are compared; the automaton runs between them, if it has to
 *     head  middle  tail
 *
 * The automaton is built when a text first gets as far as the middle: of thousands of globs few ever do, and most have the
 * middle `*`, which needs none. No thread of its own; an instance is not shared between threads.
 */

import { GlobAutomaton } from './glob-automaton.ts'

export class Glob {
  readonly pattern: string
  readonly #head: string
  readonly #middle: string
  readonly #tail: string
  #automaton: GlobAutomaton | undefined

  constructor(pattern: string) {
    this.pattern = pattern
    const first = pattern.search(/[*?]/)
    const last = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'))
    this.#head = first < 0 ? pattern : pattern.slice(0, first)
    this.#middle = first < 0 ? '' : pattern.slice(first, last + 1)
    this.#tail = first < 0 ? '' : pattern.slice(last + 1)
    this.#automaton = undefined
  }

  matches(text: string): boolean {
    const end = text.length - this.#tail.length
    if (end < this.#head.length || !text.startsWith(this.#head) || !text.endsWith(this.#tail)) return false
    if (this.#middle === '*') return true
    if (this.#middle === '') return text.length === this.#head.length
    this.#automaton ??= new GlobAutomaton(this.#middle)
    return this.#automaton.matches(text, this.#head.length, end)
  }
}
