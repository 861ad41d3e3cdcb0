/**
 * A fault in one line, as the flag `--fault` and scenarios have it → a rule.
 *
 *     anthropic:529@0.1,host=api.anthropic.com     profile:entry @ probability , key=value …
 *     latency@1,ms=200,host=.example.com           kind @ probability , key=value …
 *
 * Keys are conditions of the rule (`host`, `path`, …), trigger keys, and keys of the kind; a dot leads into a map
 * (`at.event=3`, `fields.retry-after=2`). A value that begins with `"`, `{` or `[` is JSON, and may hold commas. No thread of its own.
 */

import type * as z from 'zod'
import { ConfigError } from '../options/problems/config-error.ts'
import { nearestName } from '../options/problems/nearest-name.ts'
import { optionalTriggerKeys } from './fault-trigger.ts'
import type { ProfileLibrary } from './profiles/profile-library.ts'
import { FAULT_KINDS, faultSchema } from './schema/fault-schema.ts'

/** What parsing options takes for a rule. */
export interface FaultRule {
  readonly match: Readonly<Record<string, unknown>>
  readonly fault: Readonly<Record<string, unknown>>
}

type Schemas = Readonly<Record<string, z.ZodType>>

/** Conditions of a rule that may be given; those of a list when given twice. */
export const FAULT_TEXT_CONDITIONS: ReadonlySet<string> = new Set(['host', 'path', 'method', 'port', 'client', 'sni'])
const GRAMMAR = 'write profile:entry@probability,key=value or kind@probability,key=value; soth-mitm faults lists both'

/** Throws a ConfigError. Values are judged when the rule is parsed with the options. */
export function parseFaultText(text: string, library: ProfileLibrary): FaultRule {
  const [head = '', ...pairs] = splitAtCommas(text)
  const [name = '', share, ...more] = head.trim().split('@')
  if (name === '' || more.length > 0) throw ConfigError.of(`"${head}" names no fault`, GRAMMAR)
  const isKind = FAULT_KINDS.includes(name)
  const match: Record<string, unknown> = isKind ? {} : { ...profileMatch(name, library) }
  const fault: Record<string, unknown> = isKind ? { kind: name } : { profile: name }
  if (share !== undefined) fault['probability'] = probability(share)
  const schemas = isKind ? schemasOf(name) : optionalTriggerKeys
  const own = new Map<string, unknown[]>()
  const given = new Set<string>()
  for (const pair of pairs) {
    const { key, value } = keyAndValue(pair)
    if (given.has(key) && !FAULT_TEXT_CONDITIONS.has(key)) throw ConfigError.of(`"${key}" is given twice`, 'keep one of the two')
    given.add(key)
    if (FAULT_TEXT_CONDITIONS.has(key)) own.set(key, [...(own.get(key) ?? []), key === 'port' ? numeral(value) : value])
    else assign(fault, key.split('.'), value, schemas)
  }
  for (const [key, values] of own) match[key] = values.length === 1 ? values[0] : values
  return { match, fault }
}

/** Also tells a kind with a typing error, which would be taken for a profile. */
function profileMatch(reference: string, library: ProfileLibrary): object {
  const [name = ''] = reference.split(':')
  if (reference === name && !library.names.includes(name)) {
    const known = [...library.names, ...FAULT_KINDS]
    const meant = nearestName(name, known)
    throw ConfigError.of(`"${name}" is neither a profile nor a kind of fault`, meant === undefined ? GRAMMAR : `did you mean "${meant}"?`)
  }
  return library.find(reference).match
}

function schemasOf(kind: string): Schemas {
  return faultSchema.options.find(({ shape }) => shape.kind.value === kind)?.shape ?? {}
}

function probability(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw ConfigError.of(`"${text}" is no probability`, 'write a number from 0 to 1 behind the @, or a percentage')
  return value
}

function keyAndValue(pair: string): { readonly key: string; readonly value: unknown } {
  const at = pair.indexOf('=')
  if (at <= 0) throw ConfigError.of(`"${pair}" is no key=value`, GRAMMAR)
  const text = pair.slice(at + 1).trim()
  const key = pair.slice(0, at).trim()
  // An object takes it for its prototype.
  if (key.split('.').includes('__proto__')) throw ConfigError.of(`"${key}" is no key`, GRAMMAR)
  return { key, value: /^["{[]/.test(text) ? json(text) : text }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw ConfigError.of(`${text} is no JSON`, 'put quotes and brackets right')
  }
}

/** The first meaning of a text that its key takes; the text itself where none fits, for a good complaint. */
function assign(fault: Record<string, unknown>, path: readonly string[], value: unknown, schemas: Schemas): void {
  const [key = '', ...below] = path
  const isTaken = (meaning: unknown): boolean =>
    schemaOf(schemas, key)?.safeParse(below.reduceRight((inner, step) => ({ [step]: inner }), meaning)).success === true
  merge(fault, path, meanings(value).find(isTaken) ?? value)
}

function schemaOf(schemas: Schemas, key: string): z.ZodType | undefined {
  return Object.hasOwn(schemas, key) ? schemas[key] : undefined
}

function meanings(value: unknown): unknown[] {
  return [value, value === 'true' || value === 'false' ? value === 'true' : numeral(value)]
}

function merge(target: Record<string, unknown>, [key = '', ...below]: readonly string[], value: unknown): void {
  if (below.length === 0) {
    target[key] = value
    return
  }
  const map = Object.hasOwn(target, key) ? target[key] : undefined
  const inner: Record<string, unknown> = typeof map === 'object' && map !== null ? { ...map } : {}
  merge(inner, below, value)
  target[key] = inner
}

function numeral(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

/** At commas outside of JSON. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isQuoted && character === '\\') at++
    else if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
