/**
 * Plan: what the relay must do with a chunk when it does not simply pass.
 *
 * One instance per relay direction, cleared and reused; a layer appends steps in the order in which they must happen.
 * Pure data: the relay carries it out. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import { otherSide, type Side } from '../../shared/side.ts'

/** How a plan ends the session, once every planned byte has been handed to the sockets. */
export interface PlannedClose {
  readonly reason: CloseReason
  /** Evidence in words, or a violation code; may be empty. */
  readonly detail: string
  /** Destroy without flushing, so that the peers see a reset rather than an orderly end. */
  readonly abrupt: boolean
}

export class Plan {
  /** Bytes to write towards the client (index `CLIENT`) and the origin (index `ORIGIN`), in order. */
  readonly writes: [Uint8Array[], Uint8Array[]] = [[], []]
  /** Sides whose socket is half-closed (our FIN) after their writes. */
  readonly ends: [boolean, boolean] = [false, false]
  /** Sides from which reading stops until the session resumes the layer. */
  readonly pauses: [boolean, boolean] = [false, false]
  /** Sides from which reading goes on: the layer has dealt by itself with what made it pause. */
  readonly unpauses: [boolean, boolean] = [false, false]
  close: PlannedClose | undefined = undefined

  /** Writes `bytes` towards `side`. They may be a view of the chunk being executed: the relay consumes them before it returns. */
  write(side: Side, bytes: Uint8Array): void {
    if (bytes.length > 0) this.writes[side].push(bytes)
  }

  /** Writes `bytes` towards the other side than `sender`: forwards them. */
  forward(sender: Side, bytes: Uint8Array): void {
    this.write(otherSide(sender), bytes)
  }

  /** Half-closes our socket towards `side`. */
  end(side: Side): void {
    this.ends[side] = true
  }

  /** Stops reading from `side` until the layer is resumed. */
  pause(side: Side): void {
    this.pauses[side] = true
  }

  /** Reads from `side` again, without `resume`: other bytes (a response that made room) have ended the layer's own pause. */
  unpause(side: Side): void {
    this.unpauses[side] = true
  }

  /** Ends the session, in order, after what was planned. The first end wins. */
  closeSession(reason: CloseReason, detail = ''): void {
    this.close ??= { reason, detail, abrupt: false }
  }

  /** Ends it likewise, by a reset: where the client must not take a cut message for a whole one. */
  resetSession(reason: CloseReason, detail = ''): void {
    this.close ??= { reason, detail, abrupt: true }
  }

  clear(): void {
    this.writes[0].length = 0
    this.writes[1].length = 0
    this.ends[0] = this.ends[1] = false
    this.pauses[0] = this.pauses[1] = false
    this.unpauses[0] = this.unpauses[1] = false
    this.close = undefined
  }
}
