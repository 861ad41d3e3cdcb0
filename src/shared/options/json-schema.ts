/**
 * The published JSON Schema of the configuration, and the few questions the engine asks it: which keys a path takes, and what
 * was expected there, in words.
 *
 * `docs/config.schema.json` and `docs/configuration.md` come from here and are kept equal by tests. No thread of its own.
 */

import * as z from 'zod'
import type { OptionPath } from './config-error.ts'
import { optionsSchema } from './schema.ts'

/** The part of JSON Schema 2020-12 that zod writes for our options. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}

let cached: SchemaNode | undefined

/** What a user may write (`io: 'input'`), as JSON Schema. */
export function configJsonSchema(): SchemaNode {
  cached ??= z.toJSONSchema(optionsSchema, { io: 'input' }) as SchemaNode
  return cached
}

/** The schema of the value at `path`, or undefined where the schema knows no such place. */
export function schemaAt(path: OptionPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = configJsonSchema()
  for (const step of path) {
    node = typeof step === 'number' ? listBranch(node)?.items : node?.properties?.[step]
    if (node === undefined) return undefined
  }
  return node
}

function listBranch(node: SchemaNode): SchemaNode | undefined {
  return node.items === undefined ? node.anyOf?.find((branch) => branch.items !== undefined) : node
}

/** `"auto" or an integer from 0 to 256`. */
export function expectation(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(expectation).join(' or ')
  if (node.enum !== undefined) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`
  if (node.const !== undefined) return JSON.stringify(node.const)
  switch (node.type) {
    case 'integer':
      return `an integer${range(node.minimum, node.maximum)}`
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
