/**
 * LineQueue: lines waiting to be written, as a few large buffers with a bound on their octets. Aggregator thread.
 *
 *     append ─▶ building ──full──▶ sealed … sealed ──take──▶ in flight ──release──▶ free (reused)
 *
 * A line is never cut in two: a batch taken for writing begins and ends at line ends.
 */

import { NDJSON_CHUNK_BYTES } from '../../shared/limits/aggregator.ts'

/** Taken once: the global `Buffer` is a getter. */
const { copy } = Buffer.prototype
/** Free buffers kept: one to fill while one is being written. */
const FREE_BUFFERS = 2

export interface LineBatch {
  readonly buffer: Buffer
  length: number
  lines: number
}

export class LineQueue {
  /** Octets and lines appended and not yet released. */
  bytes = 0
  lines = 0
  readonly #limitBytes: number
  #sealed: LineBatch[] = []
  readonly #free: Buffer[] = []
  #building: LineBatch | undefined = undefined

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Copies `line`, or says that there is no room for it. */
  append(line: Uint8Array): boolean {
    const octets = line.length
    if (this.bytes + octets > this.#limitBytes) return false
    const room = this.#building === undefined ? 0 : this.#building.buffer.length - this.#building.length
    const batch = this.#building !== undefined && octets <= room ? this.#building : this.#startBatch(octets)
    copy.call(line, batch.buffer, batch.length)
    batch.length += octets
    batch.lines++
    this.bytes += octets
    this.lines++
    return true
  }

  /** All lines, to be written in order and each batch then released. */
  take(): LineBatch[] {
    const batches = this.#sealed
    if (this.#building !== undefined) batches.push(this.#building)
    this.#sealed = []
    this.#building = undefined
    return batches
  }

  /** A batch that was taken is written, or lost: its room is free again. */
  release(batch: LineBatch): void {
    this.bytes -= batch.length
    this.lines -= batch.lines
    if (batch.buffer.length === NDJSON_CHUNK_BYTES && this.#free.length < FREE_BUFFERS) this.#free.push(batch.buffer)
  }

  #startBatch(octets: number): LineBatch {
    if (this.#building !== undefined) this.#sealed.push(this.#building)
    const buffer =
      octets <= NDJSON_CHUNK_BYTES ? (this.#free.pop() ?? Buffer.allocUnsafeSlow(NDJSON_CHUNK_BYTES)) : Buffer.allocUnsafeSlow(octets)
    this.#building = { buffer, length: 0, lines: 0 }
    return this.#building
  }
}
