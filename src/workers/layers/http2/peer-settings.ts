/**
 * PeerSettings: what one side has advertised, and what of it the other side has acknowledged: only that binds what the other
 * sends (RFC 9113 §6.5.3). Worker thread.
 */

import { HPACK_TABLE_BYTES, UNACKNOWLEDGED_SETTINGS } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, type Side } from '../../../shared/side.ts'
import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../shared/violations/http2.ts'
import { uint32 } from './frames/frame-parser.ts'
import {
  INITIAL_WINDOW_DEFAULT,
  MAX_FRAME_SIZE_DEFAULT,
  MAX_FRAME_SIZE_LIMIT,
  SETTING_BYTES,
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_ENABLE_PUSH,
  SETTING_GRPC_ALLOW_TRUE_BINARY_METADATA,
  SETTING_HEADER_TABLE_SIZE,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_FRAME_SIZE,
  WINDOW_LIMIT,
} from './frames/frame-types.ts'

/** The parameters of one SETTINGS frame that matter here; −1 where one is not in it. */
export interface SettingsFrame {
  tableSize: number
  push: number
  window: number
  frameSize: number
}

export class PeerSettings {
  readonly #side: Side
  readonly #unacknowledged: SettingsFrame[] = []
  /** SETTINGS_ENABLE_CONNECT_PROTOCOL has been sent: valid as soon as it is seen, since it only allows. */
  connectProtocol = false
  /** GRPC_ALLOW_TRUE_BINARY_METADATA has been sent; valid as soon as it is seen, too. */
  binaryMetadata = false
  /** The last SETTINGS_INITIAL_WINDOW_SIZE sent: what the sender of it counts by, and whoever reads its next frames. */
  initialWindow = INITIAL_WINDOW_DEFAULT
  /** Where in the last frame's payload a table size stands that is above our bound; −1: nowhere. */
  excessiveTableAt = -1

  constructor(side: Side) {
    this.#side = side
  }

  /** Reads the parameters in `bytes[start … end)`. */
  read(bytes: Uint8Array, start: number, end: number): Http2Violation | undefined {
    if (this.#unacknowledged.length === UNACKNOWLEDGED_SETTINGS) return HTTP2_VIOLATIONS.http2_flood_settings
    const frame: SettingsFrame = { tableSize: -1, push: -1, window: -1, frameSize: -1 }
    this.excessiveTableAt = -1
    for (let at = start; at < end; at += SETTING_BYTES) {
      const id = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
      const violation = this.#parameter(frame, id, uint32(bytes, at + 2), at + 2 - start)
      if (violation !== undefined) return violation
    }
    this.#unacknowledged.push(frame)
    return undefined
  }

  /** No frame waits for its acknowledgement. */
  get isAcknowledged(): boolean {
    return this.#unacknowledged.length === 0
  }

  /** The other side has acknowledged the oldest frame; `undefined` where there is none. */
  acknowledge(): SettingsFrame | undefined {
    return this.#unacknowledged.shift()
  }

  /** The largest frame that the other side may send, given what it has acknowledged and what it may have read already. */
  largestFrame(acknowledged: number): number {
    return this.#unacknowledged.reduce((most, frame) => Math.max(most, frame.frameSize), acknowledged)
  }

  /** Likewise the largest table that it may use. */
  largestTable(acknowledged: number): number {
    return this.#unacknowledged.reduce((most, frame) => Math.max(most, frame.tableSize), acknowledged)
  }

  /** Values as §6.5.2 allows them; unknown parameters "MUST be ignored". */
  #parameter(frame: SettingsFrame, id: number, value: number, at: number): Http2Violation | undefined {
    switch (id) {
      case SETTING_HEADER_TABLE_SIZE:
        frame.tableSize = Math.min(value, HPACK_TABLE_BYTES)
        this.excessiveTableAt = value > HPACK_TABLE_BYTES ? at : -1
        return undefined
      case SETTING_ENABLE_PUSH:
        frame.push = value
        // "A server MUST NOT explicitly set this value to 1."
        return value > (this.#side === CLIENT ? 1 : 0) ? HTTP2_VIOLATIONS.http2_settings_value : undefined
      case SETTING_INITIAL_WINDOW_SIZE:
        frame.window = value
        this.initialWindow = value
        return value > WINDOW_LIMIT ? HTTP2_VIOLATIONS.http2_settings_window : undefined
      case SETTING_MAX_FRAME_SIZE:
        frame.frameSize = value
        return value < MAX_FRAME_SIZE_DEFAULT || value > MAX_FRAME_SIZE_LIMIT ? HTTP2_VIOLATIONS.http2_settings_value : undefined
      case SETTING_ENABLE_CONNECT_PROTOCOL:
        // RFC 8441 §3: "A sender MUST NOT send [it] with the value of 0 after previously sending a value of 1."
        if (value > 1 || (value === 0 && this.connectProtocol)) return HTTP2_VIOLATIONS.http2_settings_value
        this.connectProtocol = value === 1
        return undefined
      case SETTING_GRPC_ALLOW_TRUE_BINARY_METADATA:
        this.binaryMetadata ||= value === 1
        return undefined
      default:
        return undefined
    }
  }
}
