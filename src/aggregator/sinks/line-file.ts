/**
 * LineFile: the file, or standard output, that the NDJSON sink appends to. Aggregator thread.
 *
 * Rotation renames `events.ndjson` to `events.ndjson.1`, `.1` to `.2` and so on; what would pass `keep` is overwritten. It
 * happens between two writes, so no line is cut. Standard output is written by descriptor: `process.stdout` in a worker
 * thread goes through the main thread, unbounded.
 */

import { close, fstat, open, rename, unlink, write } from 'node:fs'
import { promisify } from 'node:util'

const openFile = promisify(open)
const closeFile = promisify(close)
const statFile = promisify(fstat)
const renameFile = promisify(rename)
const unlinkFile = promisify(unlink)
const writeFile = promisify(write)

export const STDOUT_PATH = '-'
const STDOUT_DESCRIPTOR = 1
/** Events hold what users did: readable by the owner only. */
const FILE_MODE = 0o600

export interface LineFileOptions {
  /** Path, or `-` for standard output. */
  readonly path: string
  readonly rotateBytes: number
  readonly rotateKeep: number
}

export class LineFile {
  readonly #options: LineFileOptions
  #descriptor: number
  #size: number
  #rotateAt: number

  private constructor(options: LineFileOptions, descriptor: number, size: number) {
    this.#options = options
    this.#descriptor = descriptor
    this.#size = size
    this.#rotateAt = options.path === STDOUT_PATH ? Number.POSITIVE_INFINITY : options.rotateBytes
  }

  /** Opens for appending; rejects with the system's error. */
  static async open(options: LineFileOptions): Promise<LineFile> {
    if (options.path === STDOUT_PATH) return new LineFile(options, STDOUT_DESCRIPTOR, 0)
    const descriptor = await openFile(options.path, 'a', FILE_MODE)
    return new LineFile(options, descriptor, (await statFile(descriptor)).size)
  }

  /** Writes some of `bytes` and resolves to how many. */
  async write(bytes: Uint8Array): Promise<number> {
    const { bytesWritten } = await writeFile(this.#descriptor, bytes, 0, bytes.length, null)
    this.#size += bytesWritten
    return bytesWritten
  }

  get rotationDue(): boolean {
    return this.#size >= this.#rotateAt
  }

  /** Renames the file away and goes on with a new one. Where that fails, goes on with the old one for another `rotateBytes`. */
  async rotate(): Promise<void> {
    const { path, rotateBytes, rotateKeep } = this.#options
    this.#rotateAt = this.#size + rotateBytes
    if (rotateKeep === 0) await unlinkFile(path)
    for (let number = rotateKeep; number > 0; number--) {
      await renameIfPresent(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`)
    }
    await this.reopen()
  }

  /** Opens the path anew: after a rotation, or because somebody else (logrotate) has renamed the file. */
  async reopen(): Promise<void> {
    if (this.#options.path === STDOUT_PATH) return
    const descriptor = await openFile(this.#options.path, 'a', FILE_MODE)
    const previous = this.#descriptor
    this.#descriptor = descriptor
    this.#size = (await statFile(descriptor)).size
    this.#rotateAt = this.#options.rotateBytes
    await closeFile(previous)
  }

  async close(): Promise<void> {
    if (this.#options.path !== STDOUT_PATH) await closeFile(this.#descriptor)
  }
}

async function renameIfPresent(from: string, to: string): Promise<void> {
  try {
    await renameFile(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
