/**
 * LineQueue: lines waiting to be written, as a few large buffers with a bound on their octets. Aggregator thread.
 *
 *     append ─▶ building ──full──▶ sealed … sealed ──take──▶ in flight ──release──▶ free (reused)
 *
 * A line is never cut in two: a batch taken for writing begins and ends at line ends.
 */

import { NDJSON_CHUNK_BYTES } from '../../shared/limits/aggregator.ts'

/** UTF-8 takes at most 3 octets for a UTF-16 unit. */
const MAX_OCTETS_PER_UNIT = 3
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
  readonly #sealed: LineBatch[] = []
  readonly #free: Buffer[] = []
  #building: LineBatch | undefined = undefined

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Takes `line`, or says that there is no room for it. */
  append(line: string): boolean {
    const room = this.#building === undefined ? 0 : this.#building.buffer.length - this.#building.length
    // The exact size costs a pass over the line: it is asked for only where the upper bound does not settle the matter.
    let octets = line.length * MAX_OCTETS_PER_UNIT
    if (octets > room || this.bytes + octets > this.#limitBytes) octets = Buffer.byteLength(line)
    if (this.bytes + octets > this.#limitBytes) return false
    const batch = this.#building !== undefined && octets <= room ? this.#building : this.#startBatch(octets)
    const written = batch.buffer.write(line, batch.length, 'utf8')
    batch.length += written
    batch.lines++
    this.bytes += written
    this.lines++
    return true
  }

  /** The oldest lines, to be written and then released. */
  take(): LineBatch | undefined {
    const sealed = this.#sealed.shift()
    if (sealed !== undefined) return sealed
    const building = this.#building
    this.#building = undefined
    return building
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
