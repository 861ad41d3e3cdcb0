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

/** `overrides`: keys in snake_case; a map among them is merged with the file's, one level deep. */
export function loadConfigFile(file: string, overrides: Readonly<Record<string, unknown>> = {}): EngineOptions {
  const document = new ConfigDocument(readTextFile(file), file)
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
