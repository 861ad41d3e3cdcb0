/**
 * ProfileLibrary: the profiles that references may name, those shipped with the package and those of the user's files. Files are
 * read when a profile is first asked for. No thread of its own.
 */

import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../../options/problems/config-error.ts'
import { nearestName } from '../../options/problems/nearest-name.ts'
import type { FaultOptions } from '../schema/fault-schema.ts'
import { loadProfile } from './load-profile.ts'
import type { Profile, ProfileMatch } from './profile-schema.ts'

/** From `dist/src/shared/faults/profiles/`, in the repository and in the published package alike. */
const SHIPPED = fileURLToPath(new URL('../../../../../profiles/', import.meta.url))
const EXTENSION = '.yaml'

/** What a reference such as `anthropic:529` stands for. */
export interface FoundProfile {
  /** `profile:entry`, the entry being named even where the reference leaves it out. */
  readonly name: string
  readonly doc: string
  readonly match: ProfileMatch
  readonly faults: readonly FaultOptions[]
}

/** They do not change while a process lives. */
const shipped = new Map<string, Profile>()

export class ProfileLibrary {
  /** The user's, by name; they stand before shipped ones of the same name. */
  readonly #own = new Map<string, Profile>()

  /** Throws a ConfigError with file and line for a file that is no sound profile. */
  constructor(files: readonly string[] = []) {
    for (const file of files) {
      const profile = loadProfile(file)
      if (this.#own.has(profile.profile)) throw twice(profile.profile, file)
      this.#own.set(profile.profile, profile)
    }
  }

  /** Names of all profiles, in order. */
  get names(): readonly string[] {
    return [...new Set([...this.#own.keys(), ...shippedNames()])].sort()
  }

  /** The profile of that name; throws a ConfigError with the nearest name where there is none. */
  profile(name: string): Profile {
    const found = this.#own.get(name) ?? shippedProfile(name)
    if (found === undefined) throw unknown(`profile "${name}"`, name, this.names)
    return found
  }

  /** `reference`: `profile` or `profile:entry`. Throws a ConfigError as `profile` does. */
  find(reference: string): FoundProfile {
    const [name = '', ...rest] = reference.split(':')
    const profile = this.profile(name)
    const wanted = rest.length === 0 ? profile.default : rest.join(':')
    const names = Object.keys(profile.entries)
    if (wanted === undefined)
      throw ConfigError.of(`the profile "${name}" has no entry that is meant by itself`, `name one: ${references(name, names)}`)
    const entry = Object.hasOwn(profile.entries, wanted) ? profile.entries[wanted] : undefined
    if (entry === undefined) throw unknown(`entry "${wanted}" in the profile "${name}"`, wanted, names)
    return { name: `${name}:${wanted}`, doc: entry.doc, match: entry.match ?? profile.match, faults: entry.fault }
  }
}

function shippedNames(): readonly string[] {
  return readdirSync(SHIPPED)
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => basename(file, EXTENSION))
}

function shippedProfile(name: string): Profile | undefined {
  if (!shippedNames().includes(name)) return undefined
  const known = shipped.get(name)
  if (known !== undefined) return known
  const profile = loadProfile(`${SHIPPED}${name}${EXTENSION}`)
  shipped.set(name, profile)
  return profile
}

function unknown(what: string, name: string, names: readonly string[]): ConfigError {
  const meant = nearestName(name, names)
  return ConfigError.of(`there is no ${what}`, meant === undefined ? `known here: ${names.join(', ')}` : `did you mean "${meant}"?`)
}

function references(name: string, entries: readonly string[]): string {
  return entries.map((entry) => `${name}:${entry}`).join(', ')
}

function twice(name: string, file: string): ConfigError {
  const problem = { path: ['profile'], reason: `there is a profile "${name}" in an earlier file`, remedy: 'give it another name' }
  return new ConfigError([problem], file)
}
