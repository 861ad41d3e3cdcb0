/**
 * ValuePattern: what a value must look like, in one of three forms told apart by their beginning. Linear in the value. No thread
 * of its own.
 *
 *     curl/8.5.0          exactly that
 *     *curl*              a glob: `*` is any run of characters; `?` stands for itself unless a `*` is there too
 *     re:^(dev|stage)$    a regular expression, searched for anywhere
 */

import { PATTERN_CHARS } from '../../limits/policy.ts'
import { ConfigError } from '../../options/problems/config-error.ts'
import { Glob } from './glob.ts'
import { LinearExpression } from './linear-expression.ts'

export const EXPRESSION_PREFIX = 're:'

export interface ValuePattern {
  matches(value: string): boolean
}

/** Throws a ConfigError without a path for a text that is no pattern. */
export function parseValuePattern(text: string): ValuePattern {
  if (text.length > PATTERN_CHARS) throw ConfigError.of(`the pattern has more than ${PATTERN_CHARS} characters`, 'shorten it')
  if (text.startsWith(EXPRESSION_PREFIX)) {
    const expression = new LinearExpression(text.slice(EXPRESSION_PREFIX.length))
    return { matches: (value) => expression.isFoundIn(value) }
  }
  return text.includes('*') ? new Glob(text) : { matches: (value) => value === text }
}
