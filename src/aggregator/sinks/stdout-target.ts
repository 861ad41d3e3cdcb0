/**
 * StdoutTarget: standard output as the NDJSON sink's target. Aggregator thread.
 *
 * `process.stdout` of a worker thread goes through the main thread, unbounded. A write by descriptor to a pipe that nobody
 * reads would hold one of libuv's four threads for good, and with it DNS and the process's end. So a pipe or socket is a
 * stream of our own here, which waits in the event loop; libuv never closes descriptors 0 to 2, so ending it leaves the main
 * thread its standard output. A file or terminal is written by descriptor.
 */

import { fstat, writev } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import type { LineTarget } from './line-target.ts'

const statFile = promisify(fstat)
const writeFile = promisify(writev)

export const STDOUT_PATH = '-'
const STDOUT_DESCRIPTOR = 1
/** The reader of the pipe is gone, or the descriptor is. */
const LAST_CODES: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EBADF', 'ECONNRESET', 'ENXIO', 'ERR_STREAM_DESTROYED'])

export class StdoutTarget implements LineTarget {
  readonly rotationDue = false
  readonly #stream: Socket | undefined

  private constructor(stream: Socket | undefined, onGone: () => void) {
    this.#stream = stream
    // Each write learns of its own failure.
    stream?.on('error', onGone)
  }

  /** `onGone`: nobody reads the pipe any more. */
  static async open(onGone: () => void): Promise<StdoutTarget> {
    const stat = await statFile(STDOUT_DESCRIPTOR)
    const streams = stat.isFIFO() || stat.isSocket()
    return new StdoutTarget(streams ? new Socket({ fd: STDOUT_DESCRIPTOR, readable: false, writable: true }) : undefined, onGone)
  }

  async write(buffers: readonly Uint8Array[]): Promise<number> {
    const stream = this.#stream
    if (stream === undefined) return (await writeFile(STDOUT_DESCRIPTOR, buffers)).bytesWritten
    const [first] = buffers
    if (first === undefined) return 0
    return new Promise((resolve, reject) => {
      stream.write(first, (error) => (error instanceof Error ? reject(error) : resolve(first.length)))
    })
  }

  isEndedBy(code: string | undefined): boolean {
    return LAST_CODES.has(code)
  }

  rotate(): Promise<void> {
    return Promise.resolve()
  }

  reopen(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.#stream?.destroy()
    return Promise.resolve()
  }

  abandon(): void {
    this.#stream?.destroy()
  }
}
