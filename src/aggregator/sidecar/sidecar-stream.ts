/**
 * SidecarStream: one Subscribe call of the sidecar, as the stream of its sink. Aggregator thread.
 */

import type { ServerWritableStream } from '@grpc/grpc-js'
import { FEED_CLOSE_MS } from '../../shared/limits/aggregator.ts'
import type { OutgoingEvent } from '../sinks/sink.ts'
import type { EventStream, WriteEnd } from '../sinks/stream-sink.ts'

export class SidecarStream implements EventStream {
  readonly #call: ServerWritableStream<unknown, Uint8Array>
  readonly #encode: (event: OutgoingEvent) => Uint8Array

  /** `encode` makes each event's message once, however many calls take it. */
  constructor(call: ServerWritableStream<unknown, Uint8Array>, encode: (event: OutgoingEvent) => Uint8Array) {
    this.#call = call
    this.#encode = encode
    call.on('error', () => undefined)
  }

  send(event: OutgoingEvent, onWritten: WriteEnd): number {
    const message = this.#encode(event)
    this.#call.write(message, onWritten)
    return message.length
  }

  /** HTTP/2 puts frames together by itself. */
  hold(): void {}

  release(): void {}

  end(): Promise<void> {
    const call = this.#call
    if (call.cancelled || call.destroyed || call.writableFinished) return Promise.resolve()
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, FEED_CLOSE_MS)
      call.once('close', () => {
        clearTimeout(deadline)
        resolve()
      })
      call.end()
    })
  }
}
