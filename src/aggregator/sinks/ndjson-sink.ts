/**
 * NdjsonSink: one line of JSON per event, into a file or to standard output. Aggregator thread.
 *
 * One write is in flight at a time; what comes meanwhile gathers in the queue, so the slower the disk, the larger the
 * writes. A full disk or a full pipe is waited for with the lines kept; only what the queue cannot hold is lost. Once it
 * has lost something, the sink takes events again when half of the queue is free, and says so in a line of its own first
 * (`loss-notice.ts`): losses come in few long gaps instead of many short ones. A file that is opened anew meanwhile, or a pipe
 * with another reader, begins with a whole line.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { SothEvent } from '../../shared/events/event.ts'
import { NDJSON_FULL_RETRY_MS, NDJSON_QUEUE_BYTES, NDJSON_RETRY_MS, SINK_CLOSE_MS } from '../../shared/limits/aggregator.ts'
import type { Log } from '../log.ts'
import { type LineBatch, LineQueue } from './line-queue.ts'
import type { LineTarget } from './line-target.ts'
import type { LossNotice } from './loss-notice.ts'
import type { OutgoingEvent, Sink } from './sink.ts'

const LF = 0x0a

export class NdjsonSink implements Sink {
  readonly kind = 'ndjson'
  delivered = 0
  dropped = 0
  readonly #file: LineTarget
  readonly #notice: LossNotice
  readonly #log: Log
  readonly #queueBytes: number
  readonly #queue: LineQueue
  #unannounced = 0
  #writing: Promise<void> | undefined = undefined
  #reopenAsked = false
  /** A failure is logged when it begins and when it ends, not at each try. */
  #failing = false
  #dead = false
  #closing = false

  constructor(file: LineTarget, notice: LossNotice, log: Log, queueBytes = NDJSON_QUEUE_BYTES) {
    this.#file = file
    this.#notice = notice
    this.#log = log
    this.#queueBytes = queueBytes
    this.#queue = new LineQueue(queueBytes)
  }

  get lag(): number {
    return this.#queue.lines
  }

  accept(event: OutgoingEvent): void {
    if (this.#dead || (this.#unannounced > 0 && !this.#announce(this.#queueBytes / 2)) || !this.#append(event)) {
      this.#lose(1)
    }
  }

  #append(event: OutgoingEvent): boolean {
    if (!event.isEngineFlow) return this.#queue.append(event.line())
    if (!this.#queue.append(lineOf(this.#notice.number(event)))) return false
    this.#notice.told()
    return true
  }

  endBatch(): void {
    if (this.#queue.lines > 0) this.#writing ??= this.#writeAll()
  }

  /** Opens the path anew before the next write (SIGHUP). */
  reopen(): void {
    this.#reopenAsked = true
    this.#writing ??= this.#writeAll()
  }

  async flush(): Promise<void> {
    await this.#written()
    if (this.#unannounced === 0 || this.#dead) return
    this.#announce(this.#queueBytes)
    await this.#written()
  }

  async close(): Promise<void> {
    const deadline = new AbortController()
    await Promise.race([this.flush(), delay(SINK_CLOSE_MS, undefined, { signal: deadline.signal }).catch(() => undefined)])
    deadline.abort()
    this.#closing = true
    if (this.#queue.lines > 0) {
      this.#log('error', `events sink: ${this.#queue.lines} events not written at close`)
      this.#lose(this.#queue.lines)
    }
    if (this.#writing === undefined) await this.#file.close().catch(() => undefined)
    else this.#file.abandon()
  }

  async #written(): Promise<void> {
    this.endBatch()
    while (this.#writing !== undefined) await this.#writing
  }

  #lose(events: number): void {
    this.dropped += events
    this.#unannounced += events
  }

  /** Appends the notice of what was lost, where the queue is below `bytes`; says whether it did. */
  #announce(bytes: number): boolean {
    if (this.#queue.bytes >= bytes) return false
    if (!this.#queue.append(lineOf(this.#notice.make(this.#unannounced)))) return false
    this.#notice.told()
    this.#unannounced = 0
    return true
  }

  async #writeAll(): Promise<void> {
    try {
      if (this.#reopenAsked) await this.#reopen()
      for (let batches = this.#queue.take(); batches.length > 0; batches = this.#queue.take()) {
        await this.#writeBatches(batches)
        if (this.#file.rotationDue) await this.#rotate()
        if (this.#reopenAsked) await this.#reopen()
      }
    } finally {
      this.#writing = undefined
    }
  }

  /** All in one write: at full load the event loop turns seldom, and each turn sees the end of one write. */
  async #writeBatches(batches: readonly LineBatch[]): Promise<void> {
    let next = 0
    let written = 0
    while (next < batches.length && !this.#dead && !this.#closing) {
      try {
        written += await this.#file.write(views(batches, next, written))
        this.#recovered()
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        await this.#failed(error as NodeJS.ErrnoException)
        // The disk may be full of this very file, which was removed and is kept by us alone.
        const isReopened = this.#reopenAsked && (await this.#reopen())
        if (isReopened || code === 'EPIPE') written = lineStart(batches[next], written)
      }
      for (let batch = batches[next]; batch !== undefined && written >= batch.length; batch = batches[++next]) {
        written -= batch.length
        this.delivered += batch.lines
        this.#queue.release(batch)
      }
    }
    for (const batch of batches.slice(next)) {
      this.#lose(batch.lines)
      this.#queue.release(batch)
    }
  }

  async #failed(error: NodeJS.ErrnoException): Promise<void> {
    // No failure: a terminal that another process has made non-blocking, and that is full.
    if (error.code === 'EAGAIN') return delay(NDJSON_FULL_RETRY_MS)
    if (!this.#failing) this.#log('error', `events sink: ${error.message}`)
    this.#failing = true
    if (this.#file.isEndedBy(error.code)) this.#dead = true
    else await delay(NDJSON_RETRY_MS)
  }

  #recovered(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#log('info', 'events sink: writing again')
  }

  async #rotate(): Promise<void> {
    try {
      await this.#file.rotate()
    } catch (error) {
      this.#log('error', `events sink: cannot rotate: ${(error as Error).message}`)
    }
  }

  /** Resolves to whether the path was opened anew. */
  async #reopen(): Promise<boolean> {
    this.#reopenAsked = false
    try {
      await this.#file.reopen()
      return true
    } catch (error) {
      this.#log('error', `events sink: cannot reopen, going on with the open file: ${(error as Error).message}`)
      return false
    }
  }
}

function lineOf(event: SothEvent): Uint8Array {
  return Buffer.from(`${JSON.stringify(event)}\n`)
}

/** What is left of `batches` from number `next` on, of which `written` octets are written. */
function views(batches: readonly LineBatch[], next: number, written: number): Uint8Array[] {
  return batches.slice(next).map(({ buffer, length }, n) => buffer.subarray(n === 0 ? written : 0, length))
}

/** Where the line begins into which the first `written` octets of `batch` reach. */
function lineStart(batch: LineBatch | undefined, written: number): number {
  return batch === undefined || written === 0 ? 0 : batch.buffer.lastIndexOf(LF, written - 1) + 1
}
