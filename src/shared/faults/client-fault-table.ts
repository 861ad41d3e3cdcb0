/**
 * ClientFaultTable: what clients may ask for by the field `x-soth-fault`: every entry of every profile, and every kind with its
 * defaults, as far as it is about an exchange. Plain data, made once per configuration, so that shards neither read files nor check
 * faults; undefined where no rule lets clients ask. No thread of its own.
 */

import type { EngineOptions } from '../options/schema.ts'
import { ProfileLibrary } from './profiles/profile-library.ts'
import { FAULT_KINDS, type FaultOptions, faultSchema, scopeOf } from './schema/fault-schema.ts'

/** By `profile:entry`, `profile`, or kind. */
export type ClientFaultTable = ReadonlyMap<string, readonly FaultOptions[]>

export function clientFaultTable({ rules, fault_profiles }: EngineOptions): ClientFaultTable | undefined {
  if (!rules.some((rule) => rule.fault_headers === true)) return undefined
  const table = new Map<string, readonly FaultOptions[]>()
  const library = new ProfileLibrary(fault_profiles)
  for (const name of library.names) {
    const { default: meant, entries } = library.profile(name)
    const references = [...Object.keys(entries).map((entry) => `${name}:${entry}`), ...(meant === undefined ? [] : [name])]
    for (const reference of references) addEntry(table, reference, library)
  }
  for (const kind of FAULT_KINDS) {
    const parsed = faultSchema.safeParse({ kind })
    if (parsed.success && isOfExchange(parsed.data)) table.set(kind, [parsed.data])
  }
  return table
}

function addEntry(table: Map<string, readonly FaultOptions[]>, reference: string, library: ProfileLibrary): void {
  const { name, faults } = library.find(reference)
  if (faults.every(isOfExchange))
    table.set(
      reference,
      faults.map((fault) => ({ ...fault, profile: name })),
    )
}

function isOfExchange({ kind }: FaultOptions): boolean {
  return scopeOf(kind) === 'exchange'
}
