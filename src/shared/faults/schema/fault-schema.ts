/**
 * The schema of a rule's `fault`: one fault or a list of them, of every kind, or a profile that stands for some. No thread of its
 * own.
 */

import * as z from 'zod'
import { optionalTriggerKeys } from '../fault-trigger.ts'
import { CONNECTION_FAULTS } from './connection-fault-schema.ts'
import { HTTP_FAULTS } from './http-fault-schema.ts'
import { STREAM_FAULTS } from './stream-fault-schema.ts'
import { TLS_FAULTS } from './tls-fault-schema.ts'

/** What a rule may carry; they are all judged at every candidate. */
export const MAX_RULE_FAULTS = 16

/** A fault as the engine runs it. */
export const faultSchema = z.discriminatedUnion('kind', [...CONNECTION_FAULTS, ...TLS_FAULTS, ...HTTP_FAULTS, ...STREAM_FAULTS])

/** `{ profile: anthropic:529, every: 3 }`: the profile's faults, with these trigger keys where they are given. */
const profileReferenceSchema = z.strictObject({
  kind: z.literal('profile').optional().describe('the faults of a profile; may be left out'),
  ...optionalTriggerKeys,
  profile: z.string().min(1).max(128).describe('name of the profile, and of its entry behind a colon'),
})

/** Has a name in the published JSON Schema, which says it once. */
const entrySchema = z.discriminatedUnion('kind', [...faultSchema.options, profileReferenceSchema]).meta({ id: 'fault' })

export const ruleFaultSchema = z
  .union([entrySchema, z.array(entrySchema).min(1).max(MAX_RULE_FAULTS)])
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .describe('what goes wrong on purpose, and when; see docs/faults.md')

export type FaultOptions = z.output<typeof faultSchema>
export type FaultKind = FaultOptions['kind']
export type ProfileReference = z.output<typeof profileReferenceSchema>
export type FaultOf<Kind extends FaultKind> = Extract<FaultOptions, { readonly kind: Kind }>

export const FAULT_KINDS: readonly string[] = faultSchema.options.map(({ shape }) => shape.kind.value)

/** Whether it stands for faults of a profile, which parsing the options replaces it by. */
export function isReference(fault: FaultOptions | ProfileReference): fault is ProfileReference {
  return fault.kind === undefined || fault.kind === 'profile'
}

/** What a fault acts on: it is drawn for once per connection, handshake or exchange. */
export type FaultScope = 'connection' | 'tls' | 'exchange'

const SCOPES: ReadonlyMap<string, FaultScope> = new Map([
  ...CONNECTION_FAULTS.map(({ shape }) => [shape.kind.value, 'connection'] as const),
  ...TLS_FAULTS.map(({ shape }) => [shape.kind.value, 'tls'] as const),
])

export function scopeOf(kind: FaultKind): FaultScope {
  return SCOPES.get(kind) ?? 'exchange'
}
