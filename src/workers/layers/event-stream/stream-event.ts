/**
 * StreamEvent: one server-sent event, as views. Reused by the parser that fills it; valid during the handler call only.
 * Worker thread.
 */

import type { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'

export class StreamEvent {
  /** From 0, dispatched events only. */
  index = 0
  /** The `data` lines joined by LF, as `bytes[dataStart … dataEnd)`: all of it unless `truncated`. */
  bytes: Uint8Array
  dataStart = 0
  dataEnd = 0
  /** Octets of the whole data, kept or not. */
  dataSize = 0
  /** Data, type or id had more octets than are kept. */
  truncated = false
  /** This event had a valid `retry` field: milliseconds; else −1. */
  retryMs = -1
  /** This event itself had a valid `id` field; `id` persists from event to event all the same. */
  hasId = false
  /** Octets of the body before this event's block, and up to and including the line end that dispatched it. */
  startOffset = 0
  endOffset = 0

  readonly #type: BoundedBytes
  #id: BoundedBytes

  constructor(type: BoundedBytes, id: BoundedBytes) {
    this.bytes = type.bytes
    this.#type = type
    this.#id = id
  }

  /** The event type; `message` where the stream named none. */
  get type(): string {
    return this.#type.length === 0 ? 'message' : utf8(this.#type.bytes, 0, this.#type.length)
  }

  /** The last event id in effect, possibly set by an earlier event. */
  get id(): string {
    return utf8(this.#id.bytes, 0, this.#id.length)
  }

  /** The `event` field as octets, `typeBytes[0 … typeLength)`; none where the stream named none. */
  get typeBytes(): Uint8Array {
    return this.#type.bytes
  }
  get typeLength(): number {
    return this.#type.length
  }

  /** The id in effect as octets, `idBytes[0 … idLength)`. */
  get idBytes(): Uint8Array {
    return this.#id.bytes
  }
  get idLength(): number {
    return this.#id.length
  }

  get data(): string {
    return utf8(this.bytes, this.dataStart, this.dataEnd)
  }

  /** For the parser: the id now in effect lives in `id`. */
  adoptId(id: BoundedBytes): void {
    this.#id = id
  }
}

/** UTF-8 decode without BOM handling: the stream's one BOM is gone already, others are characters. */
function utf8(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.utf8Slice.call(bytes, start, end)
}
