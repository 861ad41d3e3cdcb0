/**
 * TextPool: texts one behind the other, in memory that threads can share; each is known by its number. No thread of its own.
 *
 *     octets:  example*-api.example{"name":"x"}        UTF-8
 *     starts:  0      7            20          32      where text n begins, and at n + 1 where it ends
 */

import { isAscii } from '../bytes/ascii.ts'
import { Column, type SharedWords } from './column.ts'

const FIRST_BYTES = 1_024
/** Characters up to which a text is written by hand. */
const SHORT = 64

export interface SharedTexts {
  readonly octets: Uint8Array<SharedArrayBuffer>
  readonly starts: SharedWords
}

export class TextPool {
  #octets: Uint8Array
  #size = 0
  readonly #starts: Column

  constructor(shared?: SharedTexts) {
    this.#octets = shared?.octets ?? new Uint8Array(FIRST_BYTES)
    this.#starts = new Column(shared?.starts)
    if (shared === undefined) this.#starts.push(0)
  }

  /** Appends `text` and returns its number. */
  add(text: string): number {
    if (text === '') return this.#starts.push(this.#size) - 1
    // Labels are short and ASCII: a call into Node's encoder costs ten times as much.
    const size = text.length <= SHORT && isAscii(text) ? text.length : Buffer.byteLength(text)
    if (this.#size + size > this.#octets.length) {
      const grown = new Uint8Array(this.#octets.length * 2 + size)
      grown.set(this.#octets)
      this.#octets = grown
    }
    if (size <= SHORT && size === text.length) for (let at = 0; at < size; at++) this.#octets[this.#size + at] = text.charCodeAt(at)
    else asBuffer(this.#octets).write(text, this.#size)
    this.#size += size
    return this.#starts.push(this.#size) - 1
  }

  text(number: number): string {
    return asBuffer(this.#octets).toString('utf8', this.#starts.at(number), this.#starts.at(number + 1))
  }

  isEmpty(number: number): boolean {
    return this.#starts.at(number) === this.#starts.at(number + 1)
  }

  /** Whether text `number`, which is ASCII, is `text[start, end)`. */
  equals(number: number, text: string, start: number, end: number): boolean {
    const from = this.#starts.at(number)
    if (this.#starts.at(number + 1) - from !== end - start) return false
    for (let at = start; at < end; at++) if (this.#octets[from + at - start] !== text.charCodeAt(at)) return false
    return true
  }

  share(): SharedTexts {
    const octets = new Uint8Array(new SharedArrayBuffer(this.#size))
    octets.set(this.#octets.subarray(0, this.#size))
    return { octets, starts: this.#starts.share() }
  }
}

function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length)
}
