/**
 * loadConfigFile: a YAML or JSON file → options. Errors name file, line, column, path and reason.
 *
 * Overrides (command-line flags) are laid over the file's top level before the whole is checked. Relative paths inside the file
 * are relative to the working directory. Reads synchronously: at start and on reload only. Main thread.
 */

import { foldKeys } from '../fold-keys.ts'
import { parseFolded } from '../parse-options.ts'
import { ConfigError, type ConfigProblem } from '../problems/config-error.ts'
import type { EngineOptions } from '../schema.ts'
import { ConfigDocument } from './config-document.ts'
import { readTextFile } from './read-text-file.ts'

/** What a file stands for that says nothing: all defaults, or a mistake, where a configuration is in force that it would take away. */
export type EmptyFile = 'defaults' | 'mistake'

/** `overrides`: keys in snake_case; a map among them is merged with the file's, one level deep. */
export function loadConfigFile(
  file: string,
  overrides: Readonly<Record<string, unknown>> = {},
  emptyFile: EmptyFile = 'defaults',
): EngineOptions {
  const text = readTextFile(file)
  if (emptyFile === 'mistake' && !SAYS_SOMETHING.test(text)) throw new ConfigError([SAYS_NOTHING], file)
  const document = new ConfigDocument(text, file)
  try {
    const folded = foldKeys(document.value)
    return parseFolded(isMap(folded) ? merge(folded, overrides) : folded)
  } catch (error) {
    // An error of another file, a profile that this one names, knows its place already.
    if (!(error instanceof ConfigError) || error.file !== undefined) throw error
    // A flag's own mistake has no line in the file.
    const isOfFile = ({ path }: ConfigProblem): boolean => !Object.hasOwn(overrides, String(path[0]))
    throw new ConfigError(document.locate(error.problems, isOfFile), file)
  }
}

/** A line with more on it than a comment or a marker of YAML's. */
const SAYS_SOMETHING = /^[^\S\n]*(?!(?:---|\.\.\.)\s*$)[^\s#]/m
/** Whoever writes a file in place empties it first (open(2), O_TRUNC). */
const SAYS_NOTHING: ConfigProblem = {
  path: [],
  line: 1,
  column: 1,
  reason: 'says nothing, as a file does that is being written',
  remedy: 'reload once it is written, or write {} where all defaults are meant',
}

function merge(options: Record<string, unknown>, overrides: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged = { ...options }
  for (const [key, value] of Object.entries(overrides)) {
    const below = merged[key]
    merged[key] = isMap(below) && isMap(value) ? { ...below, ...value } : value
  }
  return merged
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
