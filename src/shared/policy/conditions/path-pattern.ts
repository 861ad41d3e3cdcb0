/**
 * PathPattern: which request targets a rule is about, in the spelling of `compared-path.ts`, in which patterns may be given or not.
 * Linear in the target, whatever the pattern. No thread of its own.
 *
 *     /v1/messages       that path, with any query
 *     /v1/messages?a=1   that path with that query
 *     /v1/*              `*` is any run of characters, slashes included
 *     re:^/v[12]/        a regular expression (RE2 syntax: no back references, no look-around), searched for in the target
 */

import { PATTERN_CHARS } from '../../limits/policy.ts'
import { ConfigError } from '../../options/problems/config-error.ts'
import { comparedPath } from './compared-path.ts'
import { Glob } from './glob.ts'
import { LinearExpression } from './linear-expression.ts'
import { EXPRESSION_PREFIX } from './value-pattern.ts'

export interface PathPattern {
  matches(target: string): boolean
}

/** Throws a ConfigError without a path for a text that is no pattern. */
export function parsePathPattern(text: string): PathPattern {
  if (text.length > PATTERN_CHARS) throw ConfigError.of(`the path pattern has more than ${PATTERN_CHARS} characters`, 'shorten it')
  if (text.startsWith(EXPRESSION_PREFIX)) return expression(text.slice(EXPRESSION_PREFIX.length))
  if (!text.startsWith('/') && !text.startsWith('*')) {
    throw ConfigError.of(`"${text}" is no path`, 'begin with /, with *, or with re: for a regular expression')
  }
  const compared = comparedPath(text)
  // `?` separates the query here; in a Glob it would be a wildcard, and so it is in the query.
  const mark = compared.indexOf('?')
  const path = new Glob(mark === -1 ? compared : compared.slice(0, mark))
  if (mark === -1) return { matches: (target) => path.matches(pathOf(target)) }
  const query = new Glob(compared.slice(mark + 1))
  return { matches: (target) => target.includes('?') && path.matches(pathOf(target)) && query.matches(queryOf(target)) }
}

function expression(text: string): PathPattern {
  const compiled = new LinearExpression(text)
  return { matches: (target) => compiled.isFoundIn(target) }
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

function queryOf(target: string): string {
  return target.slice(target.indexOf('?') + 1)
}
