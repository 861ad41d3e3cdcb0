/**
 * LineFile: the file that the NDJSON sink appends to. Aggregator thread.
 *
 * Rotation renames `events.ndjson` to `events.ndjson.1`, `.1` to `.2` and so on; what would pass `keep` is overwritten. It
 * happens between two writes, so no line is cut.
 */

import { close, fstat, open, rename, unlink, writev } from 'node:fs'
import { promisify } from 'node:util'
import type { LineTarget } from './line-target.ts'

const openFile = promisify(open)
const closeFile = promisify(close)
const statFile = promisify(fstat)
const renameFile = promisify(rename)
const unlinkFile = promisify(unlink)
const writeFile = promisify(writev)

/** Events hold what users did: readable by the owner only. */
const FILE_MODE = 0o600

export interface LineFileOptions {
  readonly path: string
  readonly rotateBytes: number
  readonly rotateKeep: number
}

export class LineFile implements LineTarget {
  readonly #options: LineFileOptions
  #descriptor: number
  #size: number
  #rotateAt: number

  private constructor(options: LineFileOptions, descriptor: number, size: number) {
    this.#options = options
    this.#descriptor = descriptor
    this.#size = size
    this.#rotateAt = options.rotateBytes
  }

  /** Opens for appending; rejects with the system's error. */
  static async open(options: LineFileOptions): Promise<LineFile> {
    const descriptor = await openFile(options.path, 'a', FILE_MODE)
    return new LineFile(options, descriptor, (await statFile(descriptor)).size)
  }

  async write(buffers: readonly Uint8Array[]): Promise<number> {
    const { bytesWritten } = await writeFile(this.#descriptor, buffers)
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
    if (rotateKeep === 0) await ifPresent(unlinkFile(path))
    for (let number = rotateKeep; number > 0; number--) {
      await ifPresent(renameFile(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`))
    }
    await this.reopen()
  }

  /** Opens the path anew: after a rotation, or because somebody else (logrotate) has renamed the file. */
  async reopen(): Promise<void> {
    const descriptor = await openFile(this.#options.path, 'a', FILE_MODE)
    const previous = this.#descriptor
    this.#descriptor = descriptor
    this.#size = (await statFile(descriptor)).size
    this.#rotateAt = this.#options.rotateBytes
    await closeFile(previous)
  }

  close(): Promise<void> {
    return closeFile(this.#descriptor)
  }

  /** The descriptor stays open: a write that hangs (a network file system) still uses it. */
  abandon(): void {}
}

/** The operation, or nothing where the file that it is about does not exist. */
async function ifPresent(operation: Promise<void>): Promise<void> {
  try {
    await operation
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
