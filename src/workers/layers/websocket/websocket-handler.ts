/**
 * What the WebSocket observer tells. Worker thread; called synchronously while bytes are executed.
 *
 *     (onFrame (onMessage | onClose)?)*  per side, the sides as their bytes came  →  onEnd, exactly once, last
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { WebSocketMessage } from './websocket-message.ts'

export interface WebSocketHandler {
  /** A frame's head has been read: its payload of `size` octets follows. */
  onFrame(side: Side, opcode: number, fin: boolean, rsv1: boolean, size: number): void
  /** A data message is complete. Reused: valid during the call only. */
  onMessage(side: Side, message: WebSocketMessage): void
  /** A close frame: `code` is 1005 where it carries none (RFC 6455 §7.1.5); `reason` is a view of UTF-8. */
  onClose(side: Side, code: number, reason: Uint8Array): void
  /** `side` broke a rule: nothing more is observed of it. */
  onViolation(side: Side, violation: Violation): void
  /** The terminal fact: a close reason; `completed` where both sides have sent a close frame. */
  onEnd(reason: CloseReason): void
}
