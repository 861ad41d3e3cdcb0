/**
 * `soth-mitm faults [PROFILE[:ENTRY]]`: which faults there are: kinds, profiles, the entries of one, and what one sends. Main thread.
 */

import { stringify } from 'yaml'
import type * as z from 'zod'
import { TRIGGER_NAMES, triggerKeys } from '../shared/faults/fault-trigger.ts'
import { ProfileLibrary } from '../shared/faults/profiles/profile-library.ts'
import { FAULT_KINDS, faultSchema } from '../shared/faults/schema/fault-schema.ts'
import { ConfigError } from '../shared/options/problems/config-error.ts'
import type { Command } from './arguments/command.ts'
import { table } from './arguments/help-text.ts'
import { type FlagSpecs, parseArguments } from './arguments/parse-arguments.ts'
import { UsageError } from './arguments/usage-error.ts'
import { EXIT_OK } from './exit-codes.ts'

const FAULTS_FLAGS = {
  profile: { value: 'FILE', doc: 'a profile file beside those shipped; may be repeated' },
  json: { doc: 'print JSON' },
  help: { doc: 'show this help', short: 'h' },
} as const satisfies FlagSpecs

export const faultsCommand: Command = {
  summary: 'list kinds of faults and profiles; the entries of a profile; what an entry sends',
  operands: ['[NAME]'],
  flags: FAULTS_FLAGS,
  run: faults,
}

async function faults(args: readonly string[]): Promise<number> {
  const { flags, operands } = parseArguments(args, FAULTS_FLAGS, ['[NAME]'])
  const library = new ProfileLibrary(flags.get('profile') ?? [])
  const [name] = operands
  const found = name === undefined ? everything(library) : about(name, library)
  process.stdout.write(flags.has('json') ? `${JSON.stringify(found.json)}\n` : `${found.text}\n`)
  return EXIT_OK
}

interface Found {
  readonly text: string
  readonly json: unknown
}

function everything(library: ProfileLibrary): Found {
  const profiles = library.names.map((name) => ({ name, doc: library.profile(name).doc }))
  const kinds = FAULT_KINDS.map((name) => ({ name, doc: kindOf(name)?.shape.kind.description ?? '' }))
  const text = [
    'Profiles (soth-mitm faults PROFILE)',
    table(profiles.map(({ name, doc }) => [name, doc])),
    '',
    'Kinds (docs/faults.md)',
    table(kinds.map(({ name, doc }) => [name, doc])),
    '',
    'Used so: soth-mitm start --fault anthropic:529@0.1,host=api.anthropic.com --fault latency,ms=200',
  ]
  return { text: text.join('\n'), json: { profiles, kinds } }
}

function about(name: string, library: ProfileLibrary): Found {
  try {
    if (FAULT_KINDS.includes(name)) return kind(name)
    return name.includes(':') ? entry(name, library) : profile(name, library)
  } catch (error) {
    if (!(error instanceof ConfigError) || error.file !== undefined) throw error
    throw new UsageError(error.problems[0].reason, name, error.problems[0].remedy)
  }
}

function kind(name: string): Found {
  const shape: Readonly<Record<string, z.ZodType>> = kindOf(name)?.shape ?? {}
  const keys = Object.entries(shape)
    .filter(([key]) => key !== 'kind' && !TRIGGER_NAMES.has(key))
    .map(([key, schema]) => ({ name: key, doc: schema.description ?? '' }))
  const doc = kindOf(name)?.shape.kind.description ?? ''
  const triggers = `Trigger keys of every kind: ${Object.keys(triggerKeys).join(', ')}`
  return {
    text: [`${name}: ${doc}`, '', table(keys.map((key) => [key.name, key.doc])), '', triggers].join('\n'),
    json: { name, doc, keys },
  }
}

function profile(name: string, library: ProfileLibrary): Found {
  const found = library.profile(name)
  const entries = Object.entries(found.entries).map(([key, { doc }]) => ({ name: `${name}:${key}`, doc }))
  const text = [`${name}: ${found.doc}`, '', table(entries.map((each) => [each.name, each.doc]))]
  if (found.default !== undefined) text.push('', `By itself, ${name} is ${name}:${found.default}.`)
  return { text: text.join('\n'), json: { name, doc: found.doc, default: found.default, match: found.match, entries } }
}

function entry(reference: string, library: ProfileLibrary): Found {
  const { name, doc, match, faults: list } = library.find(reference)
  return {
    text: `${name}: ${doc}\n\n${stringify({ match, fault: list }, { lineWidth: 120 }).trimEnd()}`,
    json: { name, doc, match, fault: list },
  }
}

function kindOf(name: string) {
  return faultSchema.options.find(({ shape }) => shape.kind.value === name)
}
