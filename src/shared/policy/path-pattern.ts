/**
 * PathPattern: which request targets a rule is about. Linear in the target, whatever the pattern. No thread of its own.
 *
 *     /v1/messages       that path, with any query
 *     /v1/messages?a=1   that path with that query
 *     /v1/*              `*` is any run of characters, slashes included
 *     re:^/v[12]/        a regular expression (RE2 syntax: no back references, no look-around), searched for in the whole target
 */

import { RE2JS } from 're2js'
import { ConfigError } from '../options/config-error.ts'
import { Glob } from './glob.ts'

const REGULAR_EXPRESSION = 're:'
/** RE2 programs grow with their text: this keeps one below some 100 KB. */
const MAX_PATTERN_CHARS = 512

export interface PathPattern {
  matches(target: string): boolean
}

/** Throws a ConfigError without a path for a text that is no pattern. */
export function parsePathPattern(text: string): PathPattern {
  if (text.length > MAX_PATTERN_CHARS) throw ConfigError.of(`the path pattern has more than ${MAX_PATTERN_CHARS} characters`, 'shorten it')
  if (text.startsWith(REGULAR_EXPRESSION)) return expression(text.slice(REGULAR_EXPRESSION.length))
  if (!text.startsWith('/') && !text.startsWith('*')) {
    throw ConfigError.of(`"${text}" is no path`, 'begin with /, with *, or with re: for a regular expression')
  }
  const withQuery = text.includes('?')
  // `?` separates the query here; in a Glob it would be a wildcard.
  const parts = text.split('?').map((part) => new Glob(part))
  if (withQuery) return { matches: (target) => matchesParts(parts, target) }
  const [glob] = parts
  return { matches: (target) => glob?.matches(pathOf(target)) === true }
}

function expression(text: string): PathPattern {
  try {
    const compiled = RE2JS.compile(text)
    return { matches: (target) => compiled.matcher(target).find() }
  } catch (error) {
    throw ConfigError.of(`"${text}" is no regular expression: ${(error as Error).message}`, 'correct it (RE2 syntax)')
  }
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

/** Path and query, each by its own glob; a query that has a `?` in it is one part with it. */
function matchesParts(parts: readonly Glob[], target: string): boolean {
  const query = target.indexOf('?')
  if (query === -1) return false
  const [path, ...rest] = parts
  const wanted = rest.map((part) => part.pattern).join('?')
  return path?.matches(target.slice(0, query)) === true && new Glob(wanted).matches(target.slice(query + 1))
}
