/**
 * The published JSON Schema of the configuration, and the few questions the engine asks it: which keys a path takes, and what
 * was expected there, in words.
 *
 * `docs/config.schema.json` and `docs/configuration.md` come from here and are kept equal by tests. No thread of its own.
 */

import * as z from 'zod'
import type { OptionPath } from './problems/config-error.ts'
import { optionsSchema } from './schema.ts'

/** The part of JSON Schema 2020-12 that zod writes for our options. */
export interface SchemaNode {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, SchemaNode>>
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly SchemaNode[]
  /** Alternatives told apart by the value of a key, `kind`. */
  readonly oneOf?: readonly SchemaNode[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  /** Of a map whose keys are the user's own. */
  readonly additionalProperties?: SchemaNode | boolean
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}

let cached: SchemaNode | undefined
let published: SchemaNode | undefined

/** What a user may write (`io: 'input'`), as JSON Schema. */
export function configJsonSchema(): SchemaNode {
  cached ??= resolvedSchema(publishedJsonSchema())
  return cached
}

/** `node` with every reference to its `$defs` replaced by what it stands for. */
export function resolvedSchema(node: SchemaNode): SchemaNode {
  return resolved(node, node.$defs ?? {})
}

/** The same, as its file has it: parts that occur more than once stand in `$defs`. */
export function publishedJsonSchema(): SchemaNode {
  published ??= z.toJSONSchema(optionsSchema, { io: 'input' }) as SchemaNode
  return published
}

const DEFINITION = '#/$defs/'

function resolved(node: SchemaNode, definitions: Readonly<Record<string, SchemaNode>>): SchemaNode {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    const { $ref: reference } = value as SchemaNode
    if (typeof reference === 'string') return copy(definitions[reference.slice(DEFINITION.length)])
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]))
  }
  const { $defs: _defined, ...rest } = node
  return copy(rest) as SchemaNode
}

/**
 * The schema of the value at `path`, or undefined where the schema knows no such place. `input` is what was given: among
 * alternatives it says by its `kind` which one is meant.
 */
export function schemaAt(path: OptionPath, input?: unknown, root: SchemaNode = configJsonSchema()): SchemaNode | undefined {
  let node: SchemaNode | undefined = root
  let value = input
  for (const step of path) {
    node = typeof step === 'number' ? listBranch(node)?.items : propertyOf(node, step, value)
    if (node === undefined) return undefined
    value = memberOf(value, step)
  }
  return alternative(node, value) ?? node
}

function listBranch(node: SchemaNode): SchemaNode | undefined {
  return node.items === undefined ? node.anyOf?.find((branch) => branch.items !== undefined) : node
}

function propertyOf(node: SchemaNode, key: string, value: unknown): SchemaNode | undefined {
  const { properties, additionalProperties: others } = alternative(node, value) ?? node
  return properties?.[key] ?? (typeof others === 'object' ? others : undefined)
}

function alternative(node: SchemaNode, value: unknown): SchemaNode | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const kind = memberOf(value, 'kind')
  return alternativesOf(node).find((branch) =>
    kind === undefined ? branch.required?.includes('kind') !== true : branch.properties?.['kind']?.const === kind,
  )
}

/** The maps told apart by their `kind` that a node may be, by itself or in a list. */
export function alternativesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? node.anyOf?.find((branch) => branch.oneOf !== undefined)?.oneOf ?? []
}

/** The kinds among which `path` chooses, where it is a `kind`. */
export function kindsAt(path: OptionPath, input: unknown, root: SchemaNode = configJsonSchema()): readonly string[] {
  let node: SchemaNode | undefined = root
  let value = input
  for (const step of path.slice(0, -1)) {
    node = typeof step === 'number' ? listBranch(node)?.items : propertyOf(node, step, value)
    if (node === undefined) return []
    value = memberOf(value, step)
  }
  return alternativesOf(node)
    .flatMap((branch) => branch.properties?.['kind']?.const ?? [])
    .map(String)
}

function memberOf(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined
}

/** `"auto" or an integer from 0 to 256`. */
export function expectation(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(expectation).join(' or ')
  if (node.oneOf !== undefined) return 'a map with a `kind`'
  if (node.enum !== undefined) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`
  if (node.const !== undefined) return JSON.stringify(node.const)
  switch (node.type) {
    case 'integer':
      return `an integer${range(node.minimum, node.maximum)}`
    case 'number':
      return `a number${range(node.minimum, node.maximum)}`
    case 'string':
      return `a string${node.maxLength === undefined ? '' : ` of at most ${node.maxLength} characters`}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a${node.minItems === undefined ? '' : ' non-empty'} list${node.maxItems === undefined ? '' : ` of at most ${node.maxItems}`}${
        node.items?.type === undefined ? '' : `, each ${expectation(node.items)}`
      }`
    default:
      return 'a map of options'
  }
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  const from = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`
  const to = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`
  return to === '' && from !== '' ? ` of at least ${minimum}` : from + to
}
