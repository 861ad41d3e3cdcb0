/**
 * LineFile: the file that the NDJSON sink appends to. Aggregator thread.
 *
 * Rotation renames `events.ndjson` to `events.ndjson.1`, `.1` to `.2` and so on; what would pass `keep` is overwritten. It
 * happens between two writes, so no line is cut. Only a regular file is rotated: a pipe or `/dev/null` has no size, and renaming it
 * would take it from everybody else.
 *
 * Opened without blocking: the open of a pipe that nobody reads (fifo(7)), and a write to one that is full, would hold a thread of
 * libuv's pool, and with it the end of the process. A regular file takes no notice. A pipe gets what is told while somebody reads it;
 * its reader may go, and another come.
 */

import { close, constants, fstat, open, rename, type Stats, unlink, writev } from 'node:fs'
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
/** Windows has no O_NONBLOCK, and no pipes in its file system. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0)

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

  private constructor(options: LineFileOptions, descriptor: number, stat: Stats) {
    this.#options = options
    this.#descriptor = descriptor
    this.#size = stat.size
    this.#rotateAt = firstRotation(options, stat)
  }

  /** Opens for appending; rejects with the system's error, ENXIO for a pipe that nobody reads. */
  static async open(options: LineFileOptions): Promise<LineFile> {
    const descriptor = await openFile(options.path, APPEND, FILE_MODE)
    return new LineFile(options, descriptor, await statFile(descriptor))
  }

  async write(buffers: readonly Uint8Array[]): Promise<number> {
    const { bytesWritten } = await writeFile(this.#descriptor, buffers)
    this.#size += bytesWritten
    return bytesWritten
  }

  /** A full disk is emptied, a pipe gets another reader. */
  isEndedBy(): boolean {
    return false
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
    const descriptor = await openFile(this.#options.path, APPEND, FILE_MODE)
    const previous = this.#descriptor
    this.#descriptor = descriptor
    const stat = await statFile(descriptor)
    this.#size = stat.size
    this.#rotateAt = firstRotation(this.#options, stat)
    await closeFile(previous)
  }

  close(): Promise<void> {
    return closeFile(this.#descriptor)
  }

  /** The descriptor stays open: a write that hangs (a network file system) still uses it. */
  abandon(): void {}
}

/** The size at which a file that was opened just now is rotated. */
function firstRotation({ rotateBytes }: LineFileOptions, stat: Stats): number {
  return stat.isFile() ? rotateBytes : Number.POSITIVE_INFINITY
}

/** The operation, or nothing where the file that it is about does not exist. */
async function ifPresent(operation: Promise<void>): Promise<void> {
  try {
    await operation
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
