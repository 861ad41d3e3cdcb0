/**
 * UnixAddress: a Unix socket's path for a server that knows nothing of file modes. Aggregator thread.
 *
 * The socket is bound in a directory that only its owner may enter, made 0600 there, and then renamed to its place: at no moment
 * may anybody else connect. (A thread cannot set the umask; the mode of a socket is what `connect` asks for, unix(7).) A socket
 * file on which nobody listens any more is replaced; a live one, or another kind of file, is not.
 */

import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isAbandonedSocket } from '../../shared/abandoned-socket.ts'
import { MAX_UNIX_PATH_BYTES } from '../../shared/options/listen-address.ts'

const OWNER_ONLY = 0o600

export class UnixAddress {
  readonly path: string
  /** Where to bind. */
  readonly bindPath: string
  readonly #directory: string
  #placed = false

  private constructor(path: string, directory: string) {
    this.path = path
    this.#directory = directory
    this.bindPath = join(directory, 's')
  }

  /** Rejects with the system's error, or with EADDRINUSE where the path is taken. */
  static async reserve(path: string): Promise<UnixAddress> {
    if (!(await isFree(path))) throw Object.assign(new Error(`the path is taken: ${path} (EADDRINUSE)`), { code: 'EADDRINUSE' })
    const address = new UnixAddress(path, await mkdtemp(join(dirname(path), '.s')))
    if (Buffer.byteLength(address.bindPath) <= MAX_UNIX_PATH_BYTES) return address
    await address.release()
    throw Object.assign(new Error(`the path is too long: ${address.bindPath} (ENAMETOOLONG)`), { code: 'ENAMETOOLONG' })
  }

  /** What was bound takes its place. */
  async place(): Promise<void> {
    await chmod(this.bindPath, OWNER_ONLY)
    await rename(this.bindPath, this.path)
    this.#placed = true
    await rm(this.#directory, { recursive: true, force: true })
  }

  async release(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
    if (this.#placed) await rm(this.path, { force: true })
    this.#placed = false
  }
}

async function isFree(path: string): Promise<boolean> {
  try {
    await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
  return isAbandonedSocket(path)
}
