/**
 * LinearExpression: a user's regular expression, whose cost is bounded by count, not by hope. RE2 syntax: no back references, no
 * look-around. No thread of its own.
 *
 * RE2 walks its program once per character at worst, so a match costs instructions × characters. But `.{1000}.{1000}…` makes a
 * program of 73,000 instructions out of 512 characters, and 64 KB of text then take 48 s (measured, re2js 2.10). So the program
 * is bounded when the configuration is read, and of a text only as much is searched as the product allows: 64 KB, which is all of any
 * request head, for a program of 30 instructions, and 2,000 characters for the largest.
 */

import { RE2JS } from 're2js'
import { EXPRESSION_INSTRUCTIONS, EXPRESSION_STEPS } from '../../limits/policy.ts'
import { ConfigError } from '../../options/problems/config-error.ts'

export class LinearExpression {
  readonly #compiled: RE2JS
  /** Characters of a text that are searched. */
  readonly maxChars: number

  /** Throws a ConfigError without a path for a text that is no expression, or too large a one. */
  constructor(text: string) {
    this.#compiled = compile(text)
    const instructions = this.#compiled.programSize()
    if (instructions > EXPRESSION_INSTRUCTIONS) {
      throw ConfigError.of(
        `"${text}" compiles to ${instructions} instructions, and ${EXPRESSION_INSTRUCTIONS} are allowed`,
        'repeat less, or split it into several patterns',
      )
    }
    this.maxChars = Math.floor(EXPRESSION_STEPS / Math.max(1, instructions))
  }

  /** Whether it is found anywhere in `text`. */
  isFoundIn(text: string): boolean {
    return this.#compiled.matcher(text.length > this.maxChars ? text.slice(0, this.maxChars) : text).find()
  }
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch (error) {
    throw ConfigError.of(`"${text}" is no regular expression: ${(error as Error).message}`, 'correct it (RE2 syntax)')
  }
}
