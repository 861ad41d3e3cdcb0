/**
 * Reads an operator's file as UTF-8 text, bounded. Errors say which file, and what helps. Synchronous: at start and on reload only.
 */

import { closeSync, openSync, readSync } from 'node:fs'
import { asUserError } from '../errors.ts'
import { CONFIG_FILE_BYTES } from '../limits/configuration.ts'
import { ConfigError } from './config-error.ts'

/** A list of 100,000 rules in six reads. */
const READ_BYTES = 1_048_576

export function readTextFile(file: string): string {
  return decode(readBounded(file), file)
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
