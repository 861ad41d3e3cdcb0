/**
 * FieldLinesJson: a block of field lines as JSON text: what `JSON.stringify(splitFieldLines(block))` gives, faster.
 *
 * A block without quotes, backslashes or control characters, as nearly all are, is cut into pieces of text between fixed
 * ones; any other goes the long way. Names are compared with the redacted ones only where their length is one of theirs.
 * Aggregator thread.
 */

import { REDACTED, splitFieldLines } from '../shared/events/field-lines.ts'

/** Beside CR and LF, which end lines, whatever a JSON string must escape; a tab is whitespace that only the long way trims. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
const NEEDS_ESCAPE = /["\\\x00-\x09\x0b\x0c\x0e-\x1f]/
const SPACE = 0x20
const CR = 0x0d

export class FieldLinesJson {
  readonly #redacted: ReadonlySet<string>
  readonly #redactedLengths: ReadonlySet<number>

  /** `redacted`: names, lower case. */
  constructor(redacted: ReadonlySet<string>) {
    this.#redacted = redacted
    this.#redactedLengths = new Set(Array.from(redacted, (name) => name.length))
  }

  make(block: string): string {
    if (NEEDS_ESCAPE.test(block)) return JSON.stringify(splitFieldLines(block, this.#redacted))
    let json = ''
    for (let start = 0; start < block.length; ) {
      const newline = block.indexOf('\n', start)
      const colon = block.indexOf(':', start + 1)
      const end = newline === -1 ? block.length : newline
      // A line that was cut, or a bare CR within one: rare enough for the long way.
      if (colon === -1 || colon >= end) return JSON.stringify(splitFieldLines(block, this.#redacted))
      let from = colon + 1
      let to = end
      while (to > from && isBlank(block.charCodeAt(to - 1))) to--
      while (from < to && isBlank(block.charCodeAt(from))) from++
      const name = block.slice(start, colon)
      const value = this.#isRedacted(name) ? REDACTED : block.slice(from, to)
      json += json === '' ? `["${name}","${value}"]` : `,["${name}","${value}"]`
      start = end + 1
    }
    return json.includes('\r') ? JSON.stringify(splitFieldLines(block, this.#redacted)) : `[${json}]`
  }

  #isRedacted(name: string): boolean {
    return this.#redactedLengths.has(name.length) && this.#redacted.has(name.toLowerCase())
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === CR
}
