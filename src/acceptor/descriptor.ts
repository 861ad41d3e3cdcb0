/**
 * Duplicates socket descriptors, so that a connection can move to another thread. Main thread.
 *
 * Node cannot transfer a `net.Socket` that has been read from, and two handles on one descriptor crash libuv. So the
 * acceptor stops reading, duplicates the descriptor, destroys its own socket (which closes the original number only; the
 * connection lives on in the duplicate) and sends the duplicate's number to the worker. This file is the one place that
 * calls into libc; where that is not to be had, sessions run on the main thread.
 */

import { createRequire } from 'node:module'
import { constants } from 'node:os'

/** Duplicates descriptor `fd`; returns the new number, or the negated errno. */
export type DuplicateDescriptor = (fd: number) => number

interface LibC {
  func(prototype: string): (fd: number) => number
}

/** The part of koffi that this file uses. */
interface ForeignFunctions {
  load(library: string | null): LibC
  errno(): number
}

/**
 * Loads `dup(2)`. Returns the reason as a string where this platform or installation has none: Windows, or a machine for
 * which koffi ships no binary.
 */
export function loadDuplicate(): DuplicateDescriptor | string {
  if (process.platform === 'win32') return 'Windows has no descriptors that threads share'
  try {
    const koffi = createRequire(import.meta.url)('koffi') as ForeignFunctions
    const dup = koffi.load(null).func('int dup(int)')
    return (fd) => {
      const copy = dup(fd)
      return copy >= 0 ? copy : -koffi.errno()
    }
  } catch (error) {
    return `dup(2) could not be loaded: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The errno of `EMFILE` on this platform, as `DuplicateDescriptor` returns it. */
export const EMFILE = -constants.errno.EMFILE
