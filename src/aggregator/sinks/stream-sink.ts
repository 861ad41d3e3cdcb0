/**
 * StreamSink: events to one client outside of this process, over a stream that tells when a write has left. Aggregator thread.
 *
 * Node's streams take whatever they are given. So at most `queue` events, and `queueBytes` octets, are on their way: written
 * and not yet taken by the system. What comes beyond is lost and counted, and once half of both is free again the client is
 * told how much, in order, by a loss notice: losses come in few long gaps instead of many short ones.
 */

import type { EventFilter } from '../../shared/aggregator-protocol.ts'
import { OutgoingObject } from '../flows/worker-lost.ts'
import { compileFilter, type EventTest } from './event-filter.ts'
import type { LossNotice } from './loss-notice.ts'
import type { OutgoingEvent, Sink } from './sink.ts'

export type WriteEnd = (error?: Error | null) => void

/** The stream to a client, as a sink needs it. */
export interface EventStream {
  /** Writes the event and returns its octets; `onWritten` is called when they have left, or with why not, in the order of the calls. */
  send(event: OutgoingEvent, onWritten: WriteEnd): number
  /** Between `hold` and `release`, writes may be put together. */
  hold(): void
  release(): void
  /** Ends the stream; resolves when it has ended, which takes no longer than a deadline of its own. */
  end(): Promise<void>
}

export interface StreamSinkSetup {
  /** The label of its metrics. */
  readonly kind: string
  readonly filter: EventFilter
  readonly queue: number
  readonly queueBytes: number
  readonly notice: LossNotice
}

export class StreamSink implements Sink {
  readonly kind: string
  delivered = 0
  dropped = 0
  readonly #stream: EventStream
  readonly #queue: number
  readonly #queueBytes: number
  readonly #notice: LossNotice
  readonly #onWritten: WriteEnd = (error) => this.#written(error instanceof Error)
  /** Octets of each event on its way, in a circle. A loss notice is written beside the queue, so there is one more. */
  readonly #sizes: Uint32Array
  #wants: EventTest
  #first = 0
  #inFlight = 0
  #bytes = 0
  #unannounced = 0
  #held = false
  #ended = false

  constructor(stream: EventStream, { kind, filter, queue, queueBytes, notice }: StreamSinkSetup) {
    this.kind = kind
    this.#stream = stream
    this.#queue = queue
    this.#queueBytes = queueBytes
    this.#notice = notice
    this.#wants = compileFilter(filter)
    this.#sizes = new Uint32Array(queue + 1)
  }

  get lag(): number {
    return this.#inFlight
  }

  /** From the next event on. */
  refilter(filter: EventFilter): void {
    this.#wants = compileFilter(filter)
  }

  accept(event: OutgoingEvent): void {
    if (this.#ended || !this.#wants(event)) return
    if (this.#unannounced > 0 || this.#inFlight >= this.#queue || this.#bytes >= this.#queueBytes) {
      this.dropped++
      this.#unannounced++
    } else if (event.isEngineFlow) {
      this.#send(new OutgoingObject(this.#notice.number(event)))
      this.#notice.told()
    } else {
      this.#send(event)
    }
  }

  endBatch(): void {
    if (!this.#held) return
    this.#held = false
    this.#stream.release()
  }

  flush(): Promise<void> {
    this.endBatch()
    return Promise.resolve()
  }

  close(): Promise<void> {
    if (this.#ended) return Promise.resolve()
    this.#announce()
    this.endBatch()
    this.#ended = true
    return this.#stream.end()
  }

  #send(event: OutgoingEvent): void {
    if (!this.#held) {
      this.#held = true
      this.#stream.hold()
    }
    const octets = this.#stream.send(event, this.#onWritten)
    this.#sizes[(this.#first + this.#inFlight) % this.#sizes.length] = octets
    this.#inFlight++
    this.#bytes += octets
  }

  #written(isLost: boolean): void {
    if (isLost) this.dropped++
    else this.delivered++
    this.#bytes -= this.#sizes[this.#first] ?? 0
    this.#first = (this.#first + 1) % this.#sizes.length
    this.#inFlight--
    if (this.#unannounced === 0 || this.#ended || this.#inFlight > this.#queue / 2 || this.#bytes > this.#queueBytes / 2) return
    this.#announce()
    this.endBatch()
  }

  #announce(): void {
    if (this.#unannounced === 0) return
    const lost = this.#unannounced
    this.#unannounced = 0
    this.#send(new OutgoingObject(this.#notice.make(lost)))
    this.#notice.told()
  }
}
