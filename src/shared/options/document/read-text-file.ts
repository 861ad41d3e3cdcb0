/**
 * Reads an operator's file as UTF-8 text, bounded. Errors say which file, and what helps. Synchronous: at start and on reload only.
 */

import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import { asUserError } from '../../errors.ts'
import { CONFIG_FILE_BYTES } from '../../limits/configuration.ts'
import { ConfigError } from '../config-error.ts'

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
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
  if (UTF_16_MARKS.has(bytes.toString('latin1', 0, 2))) throw problem('is UTF-16, not UTF-8 text', 'save it as UTF-8', file)
  throw problem('is not UTF-8 text', 'save it as UTF-8', file, lineOfOtherText(bytes))
}

/** Byte order marks of either order. */
const UTF_16_MARKS: ReadonlySet<string> = new Set(['\xff\xfe', '\xfe\xff'])

/** The number of the first line that is not UTF-8. No character of more than one octet has a line feed in it. */
function lineOfOtherText(bytes: Buffer): number {
  let line = 1
  for (let start = 0, end = bytes.indexOf('\n'); end >= 0; start = end + 1, end = bytes.indexOf('\n', start)) {
    if (!isUtf8(bytes.subarray(start, end))) break
    line++
  }
  return line
}

function problem(reason: string, remedy: string, file: string, line?: number): ConfigError {
  return new ConfigError([{ path: [], reason, remedy, ...(line === undefined ? {} : { line }) }], file)
}
