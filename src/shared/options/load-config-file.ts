/**
 * loadConfigFile: a YAML or JSON file → options. Errors name file, line, column, path and reason.
 *
 * Overrides (command-line flags) are laid over the file's top level before the whole is checked. Relative paths inside the file
 * are relative to the working directory. Reads synchronously: at start and on reload only. Main thread.
 */

import { closeSync, openSync, readSync } from 'node:fs'
import { asUserError } from '../errors.ts'
import { CONFIG_FILE_BYTES } from '../limits/configuration.ts'
import { ConfigDocument } from './config-document.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { foldKeys } from './fold-keys.ts'
import { parseOptions } from './parse-options.ts'
import type { EngineOptions } from './schema.ts'

const READ_BYTES = 65_536

/** `overrides`: keys in snake_case; a map among them is merged with the file's, one level deep. */
export function loadConfigFile(file: string, overrides: Readonly<Record<string, unknown>> = {}): EngineOptions {
  const document = new ConfigDocument(decode(readBounded(file), file), file)
  try {
    return parseOptions(isMap(document.value) ? merge(foldKeys(document.value) as Record<string, unknown>, overrides) : document.value)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first, ...rest] = error.problems
    // A flag's own mistake has no line in the file.
    const locate = (problem: ConfigProblem) => (String(problem.path[0]) in overrides ? problem : document.locate(problem))
    throw new ConfigError([locate(first), ...rest.map(locate)], file)
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

/** Reads whatever `file` is, a pipe included, and never more than the limit and one read. */
function readBounded(file: string): Buffer {
  const parts: Buffer[] = []
  let size = 0
  try {
    const descriptor = openSync(file, 'r')
    try {
      for (;;) {
        const part = Buffer.allocUnsafe(READ_BYTES)
        const read = readSync(descriptor, part)
        if (read === 0) return Buffer.concat(parts)
        size += read
        if (size > CONFIG_FILE_BYTES)
          throw problem(`has more than ${CONFIG_FILE_BYTES} octets`, 'split rules into patterns, or drop some', file)
        parts.push(part.subarray(0, read))
      }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw asUserError(error, file)
  }
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw problem('is not UTF-8 text', 'save it as UTF-8', file)
  }
}

function problem(reason: string, remedy: string, file: string): ConfigError {
  return new ConfigError([{ path: [], reason, remedy }], file)
}
