/**
 * Reads an operator's file as UTF-8 text, bounded. Errors say which file, and what helps. Synchronous: at start and on reload only.
 */

import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { asUserError } from '../../errors.ts'
import { CONFIG_FILE_BYTES, CONFIG_PIPE_WAIT_MS } from '../../limits/configuration.ts'
import { ConfigError } from '../problems/config-error.ts'

/** A list of 100,000 rules in six reads. */
const READ_BYTES = 1_048_576
/** Between two looks at a pipe that is empty. */
const PIPE_LOOK_MS = 20
const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

export function readTextFile(file: string): string {
  return decode(readBounded(file), file)
}

/**
 * Reads whatever `file` is, a pipe included, and never more than the limit and one read. Without blocking: a thread that stands in a
 * pipe to which nobody writes cannot be ended, nor the process.
 */
function readBounded(file: string): Buffer {
  const parts: Buffer[] = []
  let size = 0
  try {
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const isPipe = fstatSync(descriptor).isFIFO()
      let waited = 0
      let part = Buffer.allocUnsafe(READ_BYTES)
      for (;;) {
        const read = readNow(descriptor, part)
        // The end of a pipe that has not begun: its writer is still to come.
        if (read === undefined || (read === 0 && isPipe && size === 0)) {
          if (waited >= CONFIG_PIPE_WAIT_MS) throw problem('is a pipe into which nothing is written', 'write to it, or name a file', file)
          Atomics.wait(NOBODY_WAKES, 0, 0, PIPE_LOOK_MS)
          waited += PIPE_LOOK_MS
          continue
        }
        if (read === 0) return Buffer.concat(parts)
        waited = 0
        size += read
        if (size > CONFIG_FILE_BYTES)
          throw problem(`has more than ${CONFIG_FILE_BYTES} octets`, 'split rules into patterns, or drop some', file)
        parts.push(part.subarray(0, read))
        part = Buffer.allocUnsafe(READ_BYTES)
      }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw asUserError(error, file)
  }
}

/** Undefined where nothing is there yet. */
function readNow(descriptor: number, part: Buffer): number | undefined {
  try {
    return readSync(descriptor, part)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
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
