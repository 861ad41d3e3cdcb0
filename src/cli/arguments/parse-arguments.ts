/**
 * The command line as data: which command, which flags, which operands. Mistakes are a UsageError with the nearest right word.
 *
 * Values stay text here; the configuration schema judges them, so that a flag and a file are held to one rule. Main thread.
 */

import { parseArgs } from 'node:util'
import { nearestName } from '../../shared/options/problems/nearest-name.ts'
import { UsageError } from './usage-error.ts'

/** One flag: `value` names its argument in the help; a flag without one is a switch. */
export interface FlagSpec {
  readonly value?: string
  readonly doc: string
  readonly short?: string
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>

export interface Arguments {
  /** Values of the flags given, in order; a switch has `['']`. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly operands: readonly string[]
}

/**
 * `args`: what follows the command's name. `operands`: how many words may stand beside flags, with their names for messages; those in
 * brackets, `[NAME]`, may be left out.
 */
export function parseArguments(args: readonly string[], specs: FlagSpecs, operands: readonly string[]): Arguments {
  const flags = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens(args, specs)) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined
    if (spec === undefined) throw unknownFlag(token.rawName, specs)
    const value = flagValue(spec, token.rawName, token.value)
    flags.set(token.name, [...(flags.get(token.name) ?? []), value])
  }
  const extra = words[operands.length]
  if (extra !== undefined) throw new UsageError('unexpected argument', extra)
  const missing = operands[words.length]
  if (missing !== undefined && !missing.startsWith('[') && !flags.has('help')) throw new UsageError('is missing', missing)
  return { flags, operands: words }
}

/** The one value of a flag, or undefined where it was not given. Given twice, it is a mistake. */
export function singleValue(parsed: Arguments, name: string): string | undefined {
  const values = parsed.flags.get(name)
  if (values !== undefined && values.length > 1) throw new UsageError('is given more than once', `--${name}`)
  return values?.[0]
}

function tokens(args: readonly string[], specs: FlagSpecs) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {}
  for (const [name, spec] of Object.entries(specs)) {
    options[name] = { type: spec.value === undefined ? 'boolean' : 'string', ...(spec.short === undefined ? {} : { short: spec.short }) }
  }
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true }).tokens
}

function flagValue(spec: FlagSpec, rawName: string, value: string | undefined): string {
  if (spec.value === undefined) {
    if (value !== undefined) throw new UsageError('takes no value', rawName)
    return ''
  }
  // `--config --listen x`: the next flag is no value. A lone `-` is one: standard output.
  if (value === undefined || value === '' || /^--?[a-z]/.test(value))
    throw new UsageError(`needs a value: ${rawName} ${spec.value}`, rawName)
  return value
}

function unknownFlag(rawName: string, specs: FlagSpecs): UsageError {
  const meant = nearestName(rawName.replace(/^-+/, ''), Object.keys(specs))
  return new UsageError('unknown flag', rawName, meant === undefined ? undefined : `did you mean --${meant}?`)
}
