/**
 * camelCase keys, as JavaScript callers write them, folded to the snake_case of the schema.
 *
 * Folds the keys of plain objects at any depth; values are left alone. Depth is bounded, so that an object which contains
 * itself is refused instead of overflowing the stack. No thread of its own.
 */

import { ConfigError, type ConfigProblem, type OptionPath } from './problems/config-error.ts'

/** The schema is 5 levels deep (`rules[n].match.host[n]`). */
const MAX_DEPTH = 16

/** Maps whose keys are the user's own: names of fields and of variables, and the members of a JSON body. */
const OWN_KEYS: ReadonlySet<string> = new Set(['set', 'field', 'fields', 'body', 'env'])

const UPPER = /[A-Z]/

/** `caDir` → `ca_dir`; a key that is snake_case already comes back as it is. */
export function foldKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `input` with folded keys: itself, or as far as keys had to be folded, a copy. Throws a ConfigError when two spellings of one key meet. */
export function foldKeys(input: unknown): unknown {
  return fold(input, [])
}

/** `path` is one array for the whole walk: 100,000 rules would else make a million. */
function fold(value: unknown, path: (string | number)[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (path.length > MAX_DEPTH)
    throw problem([...path], 'is nested too deeply', 'give options as the reference shows them (docs/configuration.md)')
  if (isFolded(value, path.length)) return value
  if (Array.isArray(value)) return value.map((item, index) => foldBelow(item, index, path))
  const folded: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const name = UPPER.test(key) ? foldKey(key) : key
    if (Object.hasOwn(folded, name)) throw problem([...path, name], 'is given twice, in camelCase and in snake_case', 'keep one spelling')
    if (name === '__proto__') throw problem([...path, name], 'cannot be a name here', 'leave it out')
    if (OWN_KEYS.has(name) && hasProto(item)) throw problem([...path, name, '__proto__'], 'cannot be a name here', 'leave it out')
    folded[name] = OWN_KEYS.has(name) ? item : foldBelow(item, name, path)
  }
  return folded
}

/** Whether nothing in `value` is to be folded: of 100,000 rules, nearly all. What is no plain object is copied, less what it inherits. */
function isFolded(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth > MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (const item of value) if (!isFolded(item, depth + 1)) return false
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) {
    if (UPPER.test(key) || key === '__proto__') return false
    if (OWN_KEYS.has(key) && hasProto((value as Record<string, unknown>)[key])) return false
    if (!OWN_KEYS.has(key) && !isFolded((value as Record<string, unknown>)[key], depth + 1)) return false
  }
  return true
}

/** The schema library leaves such a key out without a word: of a rule's conditions, the one that kept it from matching everything. */
function hasProto(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')
}

function foldBelow(value: unknown, step: string | number, path: (string | number)[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  path.push(step)
  const folded = fold(value, path)
  path.pop()
  return folded
}

function problem(path: OptionPath, reason: string, remedy: string): ConfigError {
  return new ConfigError([{ path, reason, remedy } satisfies ConfigProblem])
}
