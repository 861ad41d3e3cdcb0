/**
 * Plain rules: those that say nothing but name, host or domain, and action, as nearly all of a long list do. No thread of its own.
 *
 * The schema takes 3 µs and a dozen objects for a rule, so that 100,000 of them were most of a reload. A plain rule is told by its keys
 * and the types of their values and made at once, as the schema would make it (a property test compares the two); all others, and every
 * rule of a configuration that is not accepted, go through the schema, so errors are the schema's own.
 */

import { invariant } from '../../assert.ts'
import type { ACTIONS } from '../../events/schema.ts'
import { RULE_NAME_CHARS, type RuleOptions } from '../rule-schema.ts'

/** RFC 9110 §15.5.4, the schema's default. */
const DEFAULT_STATUS = 403

/** What is left for the schema, and how plain rules and what it made of the others become one list again. */
export interface LiftedRules {
  readonly others: readonly unknown[]
  readonly weave: (parsed: readonly RuleOptions[]) => RuleOptions[]
}

/** `rules`: with folded keys. */
export function liftPlainRules(rules: readonly unknown[]): LiftedRules {
  const plain: (RuleOptions | undefined)[] = []
  const others: unknown[] = []
  for (const rule of rules) {
    const made = plainRule(rule)
    if (made === undefined) others.push(rule)
    plain.push(made)
  }
  return { others, weave: (parsed) => weave(plain, parsed) }
}

/** `parsed` in the gaps of `plain`. */
function weave(plain: readonly (RuleOptions | undefined)[], parsed: readonly RuleOptions[]): RuleOptions[] {
  const woven: RuleOptions[] = []
  let next = 0
  for (const rule of plain) {
    const one = rule ?? parsed[next++]
    invariant(one !== undefined, 'the schema takes every rule or none')
    woven.push(one)
  }
  return woven
}

/** What the schema makes of `rule`, frozen; undefined where the rule says more than a plain one, or is not accepted. */
export function plainRule(rule: unknown): RuleOptions | undefined {
  if (!isPlainObject(rule)) return undefined
  for (const key in rule) if (key !== 'match' && key !== 'action' && key !== 'name') return undefined
  const { name, action } = rule
  const match = plainMatch(rule['match'])
  if (match === undefined || !isAction(action)) return undefined
  if (name === undefined) return 'name' in rule ? undefined : Object.freeze({ match, action, status: DEFAULT_STATUS })
  if (typeof name !== 'string' || name.length === 0 || name.length > RULE_NAME_CHARS) return undefined
  return Object.freeze({ name, match, action, status: DEFAULT_STATUS })
}

function plainMatch(match: unknown): RuleOptions['match'] | undefined {
  if (!isPlainObject(match)) return undefined
  let count = 0
  for (const key in match) {
    if (key !== 'host' && key !== 'domain') return undefined
    count++
  }
  if (count !== 1) return undefined
  const isDomain = match['host'] === undefined
  const patterns = textsOf(isDomain ? match['domain'] : match['host'])
  if (patterns === undefined) return undefined
  return Object.freeze(isDomain ? { domain: patterns } : { host: patterns })
}

function textsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return Object.freeze([value]) as string[]
  if (!Array.isArray(value) || value.length === 0) return undefined
  const texts: string[] = []
  for (const item of value as unknown[]) {
    if (typeof item !== 'string') return undefined
    texts.push(item)
  }
  return Object.freeze(texts) as string[]
}

function isAction(value: unknown): value is (typeof ACTIONS)[number] {
  return value === 'block' || value === 'tunnel' || value === 'intercept'
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
