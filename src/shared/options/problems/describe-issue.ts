/**
 * zod's issues as problems an operator can act on: path, reason in the schema's own words, remedy. No thread of its own.
 */

import type * as z from 'zod'
import { CONFIG_PROBLEMS } from '../../limits/configuration.ts'
import { configJsonSchema, expectation, kindsAt, type SchemaNode, schemaAt } from '../json-schema.ts'
import type { ConfigProblem, OptionPath } from './config-error.ts'
import { nearestName } from './nearest-name.ts'

/** What an input was to be, for messages. */
export interface Expected {
  readonly schema: SchemaNode
  /** The page that tells of it. */
  readonly reference: string
}

const REFERENCE = 'docs/configuration.md'
/** zod's words where a schema has none of its own. */
const NO_WORDS = /^Invalid /
const ZODS_WORDS = /^Invalid (?:input|option): (.*?)(?:, received .*)?$/
/** Octets of a wrong value that a message repeats. */
const MAX_SHOWN = 60
/** Options whose values are secrets: a message goes to terminals and logs. */
const SECRETS: ReadonlySet<string | number | undefined> = new Set(['password', 'passphrase'])

/** `input` is what was parsed; without `expected`, as a configuration. Of more than are told, one. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  expected: Expected = { schema: configJsonSchema(), reference: REFERENCE },
): ConfigProblem[] {
  return issues.slice(0, CONFIG_PROBLEMS + 1).flatMap((issue) => describeIssue(issue, input, expected))
}

/** One issue can hold several problems: every unknown key is one. */
function describeIssue(issue: z.core.$ZodIssue, input: unknown, expected: Expected): ConfigProblem[] {
  const see = `see ${expected.reference}`
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  const meant = issue.code === 'invalid_union' ? branchMeant(issue.errors) : undefined
  if (meant !== undefined) return meant.flatMap((inner) => describeIssue({ ...inner, path: [...path, ...inner.path] }, input, expected))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, CONFIG_PROBLEMS + 1).map((key) => unknownKey(path, key, input, expected.schema))
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) return [unknownKind(path, input, expected.schema)]
  if (issue.code === 'custom' && !NO_WORDS.test(issue.message)) return [{ path, reason: issue.message, remedy: see }]
  const node = schemaAt(path, input, expected.schema)
  const own = ownWords(issue)
  if (issue.code === 'invalid_key' && own !== undefined) return [{ path, reason: own, remedy: see }]
  const wanted = node === undefined ? issue.message.replace(ZODS_WORDS, '$1') : `expected ${expectation(node)}`
  const value = valueAt(input, path)
  if (value === undefined) return [{ path, reason: `is missing: ${wanted}`, remedy: `add it; ${see}` }]
  const which = own === undefined || own === wanted ? '' : `, which ${own}`
  return [{ path, reason: `${wanted}, got ${SECRETS.has(path.at(-1)) ? kindOf(value) : show(value)}${which}`, remedy: see }]
}

/** What the schema says of a text that is not of its form, or of a key that is not; of a union, the alternative that takes texts. */
function ownWords(issue: z.core.$ZodRawIssue | z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_union':
      return firstWords(issue.errors.flat())
    case 'invalid_key':
      return firstWords(issue.issues)
    case 'invalid_format':
    case 'custom':
      return issue.message === undefined || NO_WORDS.test(issue.message) ? undefined : issue.message
    default:
      return undefined
  }
}

function firstWords(issues: readonly z.core.$ZodIssue[]): string | undefined {
  return issues.map(ownWords).find((words) => words !== undefined)
}

/** Of the alternatives of a union, the one that has the form of the value, a map or a list, and fails within; undefined: none has. */
function branchMeant(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  return branches.find((issues) => issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'))
}

function unknownKey(path: OptionPath, key: string, input: unknown, schema: SchemaNode): ConfigProblem {
  const names = Object.keys(schemaAt(path, input, schema)?.properties ?? {})
  const meant = nearestName(key, names)
  const remedy = meant === undefined ? `known here: ${names.join(', ')}` : `did you mean "${meant}"?`
  return { path: [...path, key], reason: 'unknown option', remedy }
}

function unknownKind(path: OptionPath, input: unknown, schema: SchemaNode): ConfigProblem {
  const kinds = kindsAt(path, input, schema)
  const value = valueAt(input, path)
  const meant = nearestName(String(value), kinds)
  const remedy = meant === undefined ? `known here: ${kinds.join(', ')}` : `did you mean "${meant}"?`
  return { path, reason: `unknown kind ${show(value)}`, remedy }
}

function valueAt(input: unknown, path: OptionPath): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  return value === '' ? 'an empty text' : `a ${typeof value}`
}

/** Lists and maps are named, not printed: they may be large, or hold a password. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return kindOf(value)
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`
}
