/**
 * FrameEncoder: an event as the payload of one WebSocket message: a MessagePack map, or the JSON text of the NDJSON line.
 * Aggregator thread.
 *
 * The MessagePack form is made once per event, however many clients take it.
 */

import { Encoder } from '@msgpack/msgpack'
import type { SothEvent } from '../../shared/events/event.ts'
import type { OutgoingEvent } from '../sinks/sink.ts'

export const FEED_FORMATS = ['msgpack', 'json'] as const
export type FeedFormat = (typeof FEED_FORMATS)[number]

const LINE_FEED_OCTETS = 1

export class FrameEncoder {
  readonly #encoder = new Encoder({ ignoreUndefined: true })
  #event: SothEvent | undefined = undefined
  #packed: Uint8Array = new Uint8Array(0)

  encode(event: OutgoingEvent, format: FeedFormat): Uint8Array {
    // A copy: the line is a view, and the octets wait in the socket.
    return format === 'json' ? Uint8Array.prototype.slice.call(event.line(), 0, -LINE_FEED_OCTETS) : this.#msgpack(event.object())
  }

  #msgpack(event: SothEvent): Uint8Array {
    if (event !== this.#event) {
      this.#packed = this.#encoder.encode(event)
      this.#event = event
    }
    return this.#packed
  }
}
