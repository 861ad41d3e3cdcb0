/**
 * What Node cannot do with a descriptor: duplicate it, so that a connection can move to another thread, and ask who is at its other
 * end. Main thread.
 *
 * Node cannot transfer a `net.Socket` that has been read from, and two handles on one descriptor crash libuv. So the
 * acceptor stops reading, duplicates the descriptor, destroys its own socket (which closes the original number only; the
 * connection lives on in the duplicate) and sends the duplicate's number to the worker. This file is the one place that
 * calls into libc; where that is not to be had, sessions run on the main thread.
 */

import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { messageOf } from '../shared/errors.ts'

/** Duplicates descriptor `fd`; returns the new number, or the negated errno. */
export type DuplicateDescriptor = (fd: number) => number

interface LibC {
  func(prototype: string): (fd: number, ...rest: readonly (number | Uint8Array | Uint32Array)[]) => number
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
    return `dup(2) could not be loaded: ${messageOf(error)}`
  }
}

/** Who made the other end of a Unix socket (unix(7), SO_PEERCRED). */
export type PeerCredentials = (fd: number) => { readonly pid: number; readonly uid: number } | undefined

/** unix(7), socket(7): numbers of Linux on all its common machines. */
const SOL_SOCKET = 1
const SO_PEERCRED = 17
/** struct ucred: pid, uid, gid. */
const UCRED_BYTES = 12

/** Loads `getsockopt(2)`; undefined where the platform has no SO_PEERCRED, or it cannot be loaded. */
export function loadPeerCredentials(): PeerCredentials | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi') as ForeignFunctions
    const getsockopt = koffi.load(null).func('int getsockopt(int fd, int level, int name, void *value, void *size)')
    return (fd) => {
      const value = new DataView(new ArrayBuffer(UCRED_BYTES))
      const size = new Uint32Array([UCRED_BYTES])
      const octets = new Uint8Array(value.buffer)
      if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, octets, size) !== 0 || size[0] !== UCRED_BYTES) return undefined
      const [pid = 0, uid = 0] = new Int32Array(value.buffer)
      return { pid, uid: uid >>> 0 }
    }
  } catch {
    return undefined
  }
}

/** The errno of `EMFILE` on this platform, as `DuplicateDescriptor` returns it. */
export const EMFILE = -constants.errno.EMFILE
