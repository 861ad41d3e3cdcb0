/**
 * readPlainYaml: the part of YAML 1.2 that long configurations are written in, in one pass; what is beyond it is left to the yaml package.
 *
 *     rules:                                   block maps and lists, keys of letters, digits, `_` and `-`
 *       - match: { host: [a.example, "b"] }    flow maps and lists within a line
 *         action: block # why                  plain and quoted scalars within a line, comments
 *
 * The package keeps every token and its place: 100,000 rules take 3 to 4 s and 0.6 GB, of which nothing is used unless something is wrong.
 * Here they take 0.13 s. Whatever this reader takes, the package reads without complaint as the same value (a property test compares the
 * two); everything else is undefined: anchors, tags, block scalars, values over several lines, duplicate keys, and all mistakes, so
 * that messages and places are the package's. No thread of its own.
 */

import { plainScalar } from './plain-scalar.ts'

/** Undefined for a text that says nothing, or more than the plain part of YAML can. */
export function readPlainYaml(text: string): Readonly<Record<string, unknown>> | undefined {
  if (UNUSUAL_CHARACTER.test(text)) return undefined
  try {
    return new PlainYaml(text).document()
  } catch (error) {
    if (error === UNUSUAL) return undefined
    throw error
  }
}

/** Controls with tabs and carriage returns, the line ends of Unicode, and a byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNUSUAL_CHARACTER = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/

/** Thrown to leave the text to the package, from however deep. */
const UNUSUAL = new Error('beyond the plain part of YAML')

/** Configurations are 5 levels deep; bodies that a block answers may be deeper. */
const MAX_DEPTH = 32
/** Characters of a key; YAML's bound is 1,024. */
const MAX_KEY_CHARS = 128
/** Ends the text: in the place of the indentation of a line. */
const END = -1

const NEWLINE = 0x0a
const SPACE = 0x20
const DOUBLE_QUOTE = 0x22
const HASH = 0x23
const SINGLE_QUOTE = 0x27
const COMMA = 0x2c
const HYPHEN = 0x2d
const COLON = 0x3a
const LEFT_BRACKET = 0x5b
const RIGHT_BRACKET = 0x5d
const LEFT_BRACE = 0x7b
const RIGHT_BRACE = 0x7d

/** Escapes that mean the same in JSON. */
const JSON_STRING = /"(?:[^"\\\n]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y

class PlainYaml {
  readonly #text: string
  #at = 0
  /** Columns before the line that `#at` stands at the beginning of. */
  #indent = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Record<string, unknown> {
    this.#seek()
    if (this.#indent !== 0) throw UNUSUAL
    const map = this.#map(0, 0)
    if (this.#at < this.#text.length) throw UNUSUAL
    return map
  }

  #block(indent: number, depth: number): unknown {
    if (depth > MAX_DEPTH) throw UNUSUAL
    return this.#isAtDash() ? this.#list(indent, depth) : this.#map(indent, depth)
  }

  /** From a dash on, which stands at `indent`. */
  #list(indent: number, depth: number): unknown[] {
    const items: unknown[] = []
    while (this.#indent === indent && this.#isAtDash()) {
      const dash = this.#at++
      this.#skipSpaces()
      if (this.#isAtLineEnd()) {
        this.#endLine()
        items.push(this.#indent > indent ? this.#block(this.#indent, depth + 1) : null)
      } else if (this.#keyEnd() !== END) {
        this.#indent = indent + this.#at - dash
        items.push(this.#map(this.#indent, depth + 1))
      } else {
        items.push(this.#value(false, depth))
        this.#endLine()
      }
    }
    if (this.#indent > indent) throw UNUSUAL
    return items
  }

  /** From a key on, which stands at `indent`. */
  #map(indent: number, depth: number): Record<string, unknown> {
    if (depth > MAX_DEPTH) throw UNUSUAL
    const map: Record<string, unknown> = {}
    do {
      const key = this.#key(map)
      this.#skipSpaces()
      if (!this.#isAtLineEnd()) {
        map[key] = this.#value(false, depth)
        this.#endLine()
        continue
      }
      this.#endLine()
      // A list may stand where the key does.
      const isBelow = this.#indent > indent || (this.#indent === indent && this.#isAtDash())
      map[key] = isBelow ? this.#block(this.#indent, depth + 1) : null
    } while (this.#indent === indent)
    if (this.#indent > indent) throw UNUSUAL
    return map
  }

  /** Takes the key and its colon. */
  #key(map: Readonly<Record<string, unknown>>): string {
    const end = this.#keyEnd()
    if (end === END) throw UNUSUAL
    const key = this.#text.slice(this.#at, end)
    if (key === '__proto__' || Object.hasOwn(map, key)) throw UNUSUAL
    this.#at = end + 1
    return key
  }

  /** Where the key that begins here ends, at its colon; END where none begins. */
  #keyEnd(): number {
    const text = this.#text
    let at = this.#at
    if (!isLetter(text.charCodeAt(at))) return END
    while (isKeyCharacter(text.charCodeAt(at))) at++
    if (text.charCodeAt(at) !== COLON || at - this.#at > MAX_KEY_CHARS) return END
    const next = text.charCodeAt(at + 1)
    return next === SPACE || next === NEWLINE || Number.isNaN(next) ? at : END
  }

  #value(isInFlow: boolean, depth: number): unknown {
    switch (this.#text.charCodeAt(this.#at)) {
      case LEFT_BRACE:
        return this.#flowMap(depth + 1)
      case LEFT_BRACKET:
        return this.#flowList(depth + 1)
      case DOUBLE_QUOTE:
        return this.#doubleQuoted()
      case SINGLE_QUOTE:
        return this.#singleQuoted()
      default:
        return this.#plain(isInFlow)
    }
  }

  #flowMap(depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {}
    if (this.#isEmptyFlow(RIGHT_BRACE)) return map
    do {
      const key = this.#key(map)
      map[key] = this.#flowValue(depth)
    } while (this.#isGoingOn(RIGHT_BRACE))
    return map
  }

  #flowList(depth: number): unknown[] {
    const list: unknown[] = []
    if (this.#isEmptyFlow(RIGHT_BRACKET)) return list
    do list.push(this.#flowValue(depth))
    while (this.#isGoingOn(RIGHT_BRACKET))
    return list
  }

  #flowValue(depth: number): unknown {
    if (depth > MAX_DEPTH) throw UNUSUAL
    this.#skipSpaces()
    return this.#value(true, depth)
  }

  /** Takes the opening bracket, and the closing one where nothing is between. */
  #isEmptyFlow(close: number): boolean {
    this.#at++
    this.#skipSpaces()
    if (this.#text.charCodeAt(this.#at) !== close) return false
    this.#at++
    return true
  }

  /** Takes what stands behind an item: true for a comma. */
  #isGoingOn(close: number): boolean {
    this.#skipSpaces()
    const code = this.#text.charCodeAt(this.#at++)
    if (code === close) return false
    if (code !== COMMA) throw UNUSUAL
    this.#skipSpaces()
    return true
  }

  #doubleQuoted(): string {
    JSON_STRING.lastIndex = this.#at
    const [quoted] = JSON_STRING.exec(this.#text) ?? []
    if (quoted === undefined) throw UNUSUAL
    this.#at += quoted.length
    return JSON.parse(quoted) as string
  }

  #singleQuoted(): string {
    const text = this.#text
    let end = text.indexOf("'", this.#at + 1)
    while (end >= 0 && text.charCodeAt(end + 1) === SINGLE_QUOTE) end = text.indexOf("'", end + 2)
    const inside = text.slice(this.#at + 1, end)
    if (end < 0 || inside.includes('\n')) throw UNUSUAL
    this.#at = end + 1
    return inside.replaceAll("''", "'")
  }

  #plain(isInFlow: boolean): unknown {
    const text = this.#text
    const start = this.#at
    if (!beginsPlain(text.charCodeAt(start), text.charCodeAt(start + 1))) throw UNUSUAL
    let at = start
    /** Behind the last character that is no space. */
    let end = start
    for (; ; at++) {
      const code = text.charCodeAt(at)
      if (code === SPACE) continue
      if (code === NEWLINE || Number.isNaN(code) || (code === HASH && end < at)) break
      if (isInFlow && isFlowIndicator(code)) break
      if (code === COLON && endsKey(text.charCodeAt(at + 1), isInFlow)) throw UNUSUAL
      end = at + 1
    }
    this.#at = end
    const value = plainScalar(text.slice(start, end))
    if (value === undefined) throw UNUSUAL
    return value
  }

  #isAtDash(): boolean {
    if (this.#text.charCodeAt(this.#at) !== HYPHEN) return false
    const next = this.#text.charCodeAt(this.#at + 1)
    return next === SPACE || next === NEWLINE || Number.isNaN(next)
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++
  }

  /** Whether nothing but a comment is left of the line; stands behind a space, or a colon or dash that the line ends with. */
  #isAtLineEnd(): boolean {
    const code = this.#text.charCodeAt(this.#at)
    return code === NEWLINE || Number.isNaN(code) || (code === HASH && this.#text.charCodeAt(this.#at - 1) === SPACE)
  }

  /** Behind a value: to the next line that says something. */
  #endLine(): void {
    this.#skipSpaces()
    if (!this.#isAtLineEnd()) throw UNUSUAL
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end + 1
    this.#seek()
  }

  /** From the beginning of a line to the first one that says something. */
  #seek(): void {
    for (;;) {
      const start = this.#at
      this.#skipSpaces()
      const code = this.#text.charCodeAt(this.#at)
      if (code !== NEWLINE && code !== HASH) {
        this.#indent = Number.isNaN(code) ? END : this.#at - start
        return
      }
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end < 0 ? this.#text.length : end + 1
    }
  }
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f
}

function isKeyCharacter(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39) || code === HYPHEN
}

function isFlowIndicator(code: number): boolean {
  return code === COMMA || code === LEFT_BRACKET || code === RIGHT_BRACKET || code === LEFT_BRACE || code === RIGHT_BRACE
}

/** YAML 1.2.2 §7.3.3, less the first characters that begin something else elsewhere. */
function beginsPlain(code: number, next: number): boolean {
  if (isLetter(code) || (code >= 0x30 && code <= 0x39)) return true
  if (code === HYPHEN) return isKeyCharacter(next)
  return code === 0x2e || code === 0x2f || code === 0x2b || code === 0x7e || code > 0x9f
}

/** A colon in front of `next` makes a key of what stands before it. */
function endsKey(next: number, isInFlow: boolean): boolean {
  return next === SPACE || next === NEWLINE || Number.isNaN(next) || (isInFlow && isFlowIndicator(next))
}
