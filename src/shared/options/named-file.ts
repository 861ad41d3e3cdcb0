/**
 * Reads a file of certificates or keys that a configuration names. Synchronous: when a configuration is checked, at start and on reload.
 */

import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from './problems/config-error.ts'

/**
 * Its octets, `limitBytes` at most. Throws a ConfigError. No pipe or device: the file is read when it is checked and again when it is
 * used, and one that never ends, or that nobody writes to, would stop the thread for ever.
 */
export function readNamedFile(file: string, limitBytes: number): Buffer {
  try {
    const found = statSync(file)
    if (!found.isFile()) throw ConfigError.of(`${file} is not a regular file`, 'name a file: it is read more than once')
    if (found.size > limitBytes) throw ConfigError.of(`${file} has more than ${limitBytes} octets`, 'give the right file')
    return readFileSync(file)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code = String(error) } = error as NodeJS.ErrnoException
    throw ConfigError.of(`cannot read ${file}: ${code}`, 'correct the path, or its rights')
  }
}
