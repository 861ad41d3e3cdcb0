/**
 * The schema of a fault profile: the failures of one service, by name, each with what it really sends. No thread of its own.
 *
 * The files shipped (`profiles/*.yaml`) and those that users write are held to it alike.
 */

import * as z from 'zod'
import { resolvedSchema, type SchemaNode } from '../../options/json-schema.ts'
import { faultSchema, MAX_RULE_FAULTS } from '../schema/fault-schema.ts'

const MAX_DOC_CHARS = 1_000
const MAX_ENTRIES = 256
/** `anthropic`, `generic-http`: no colon, comma or `@`, which end a name in references and flags. */
const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/

const patterns = z.union([z.string(), z.array(z.string()).min(1)])

const matchSchema = z.strictObject({
  host: patterns.optional().describe('hosts, as in a rule'),
  path: patterns.optional().describe('paths, as in a rule'),
  method: patterns.optional().describe('methods, as in a rule'),
})

const entrySchema = z.strictObject({
  doc: z.string().min(1).max(MAX_DOC_CHARS).describe('what it is, in a sentence'),
  match: matchSchema.optional().describe('in the place of the profile’s `match`'),
  fault: z
    .union([faultSchema, z.array(faultSchema).min(1).max(MAX_RULE_FAULTS)])
    .transform((value) => (Array.isArray(value) ? value : [value]))
    .describe('one fault or several, as in a rule'),
})

export const profileSchema = z
  .strictObject({
    profile: z
      .string()
      .regex(NAME, 'is no name: small letters, digits, `-`, `_` and `.`')
      .describe('its name: small letters, digits, `-`, `_` and `.`'),
    doc: z.string().min(1).max(MAX_DOC_CHARS).describe('what it stands for, in a sentence'),
    default: z.string().optional().describe('the entry that is meant where the profile is named without one'),
    match: matchSchema.default({}).describe('what `--fault` acts on where it says nothing else; rules have their own `match`'),
    entries: z
      .record(z.string().regex(NAME, 'is no name: small letters, digits, `-`, `_` and `.`'), entrySchema)
      .refine((map) => Object.keys(map).length <= MAX_ENTRIES, { error: `has more than ${MAX_ENTRIES} entries` })
      .describe('its faults, by name'),
  })
  .describe('soth-mitm fault profile')

export type Profile = z.output<typeof profileSchema>
export type ProfileMatch = Profile['match']

let published: SchemaNode | undefined

/** `docs/fault-profile.schema.json`. */
export function profileJsonSchema(): SchemaNode {
  published ??= z.toJSONSchema(profileSchema, { io: 'input' }) as SchemaNode
  return published
}

let resolved: SchemaNode | undefined

/** The same without references. */
export function resolvedProfileSchema(): SchemaNode {
  resolved ??= resolvedSchema(profileJsonSchema())
  return resolved
}
