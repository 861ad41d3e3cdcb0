/**
 * WebSocketMessage: one complete data message, as views. Reused; valid during the handler call only. Worker thread.
 */

import type { InflateFailure } from './message-inflater.ts'
import { OPCODE } from './opcodes.ts'

const NOTHING = new Uint8Array(0)

export class WebSocketMessage {
  /** Number of the message among those of its side, from 0. */
  index = 0
  /** OPCODE.text or OPCODE.binary. */
  opcode: number = OPCODE.text
  /** Frames it came in. */
  frames = 0
  /** Octets of payload on the wire (compressed, where it was). */
  wireSize = 0
  /** Octets of payload with compression removed; −1 where it is compressed and was not inflated. */
  size = 0
  compressed = false
  /** Why it could not be inflated; empty where it was, or nobody asked. */
  failure: InflateFailure | '' = ''
  /** The payload as far as it was asked for: `bytes[0 … length)`. */
  bytes: Uint8Array = NOTHING
  length = 0

  /** There is more payload than `bytes` shows. */
  get truncated(): boolean {
    return this.size !== this.length
  }

  get text(): string {
    return Buffer.prototype.utf8Slice.call(this.bytes, 0, this.length)
  }
}
