/**
 * What the observation of one message body tells. Worker thread.
 *
 * Calls come while octets are executed where the body has no content coding, and later, from the decoder, where it has one.
 */

import type { DecodeLayer, DecodeReason } from '../../../shared/events/decode-reasons.ts'
import type { EventStreamHandler } from '../event-stream/event-stream-handler.ts'
import type { LineHandler } from './line-splitter.ts'

export interface BodyHandler extends EventStreamHandler, LineHandler {
  /** A prefix against script inclusion (or a byte order mark) was taken off what `onJson` gets. */
  onPrefix(prefix: string): void
  /** Octets of a JSON document, in order. */
  onJson(bytes: Uint8Array, start: number, end: number): void
  /** A MessagePack value; `value` is `undefined` where it is too large to be kept. `sniffed`: no media type said so. */
  onMsgpack(index: number, size: number, depth: number, value: Uint8Array | undefined, sniffed: boolean): void
  /** Observation ended before the body did; `coding` where a content coding is at fault. Nothing follows but `onBodyEnd`. */
  onDecodeFailed(layer: DecodeLayer, reason: DecodeReason, coding: string, detail: string): void
  /** The terminal fact: everything has been told. `decodedSize`: octets with codings removed, as far as observed. */
  onBodyEnd(decodedSize: number): void
}
