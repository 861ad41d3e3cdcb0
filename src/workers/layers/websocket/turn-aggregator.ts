/**
 * TurnAggregator: groups the messages of a WebSocket connection into turns. Pure: `now` comes in. Worker thread.
 *
 *     client ──m──m──────────m──▶        turn 0: initiator client, starts with the first m,
 *     origin ───────a──a──a──────▶               takes in the answers a, completes (`next_turn`) when the
 *            └── turn 0 ────┘└─ turn 1           client speaks again after the origin has
 *
 * A function of the order of messages alone: splits of the bytes cannot change it. Also completes when the connection closes,
 * when nothing was said for a while (the owner asks by `flushIdle`; what comes later starts anew, whoever says it), and when
 * messages were lost to observation.
 */

import type { Side } from '../../../shared/side.ts'

export type TurnEnd = 'next_turn' | 'close' | 'idle' | 'lost'

/** The facts of a turn. Reused; valid during the handler call only. Times are those passed in. */
export class Turn {
  /** Number of the turn within the connection, from 0. */
  id = 0
  initiator: Side = 0
  /** Messages and payload octets by side (index `CLIENT`, `ORIGIN`). */
  readonly messages: [number, number] = [0, 0]
  readonly bytes: [number, number] = [0, 0]
  /** Numbers of its first and last message within the connection, both sides counted, from 0. */
  firstSequence = 0
  lastSequence = 0
  startedAt = 0
  /** When the other side first spoke; −1 while it has not. */
  answeredAt = -1
  lastAt = 0
}

export interface TurnHandler {
  onTurnStarted(turn: Turn): void
  onTurnCompleted(turn: Turn, reason: TurnEnd, now: number): void
}

export class TurnAggregator {
  readonly #handler: TurnHandler
  readonly #turn = new Turn()
  #open = false
  #turns = 0
  #sequence = 0

  constructor(handler: TurnHandler) {
    this.#handler = handler
  }

  /** A turn has started and not completed. */
  get open(): boolean {
    return this.#open
  }

  /** `side` has sent a complete data message with `size` octets of payload. */
  message(side: Side, size: number, now: number): void {
    const turn = this.#turn
    if (this.#open && side === turn.initiator && turn.answeredAt !== -1) this.#complete('next_turn', now)
    const starts = !this.#open
    if (starts) this.#start(side, now)
    else if (side !== turn.initiator && turn.answeredAt === -1) turn.answeredAt = now
    turn.messages[side]++
    turn.bytes[side] += size
    turn.lastSequence = this.#sequence++
    turn.lastAt = now
    if (starts) this.#handler.onTurnStarted(turn)
  }

  /** Completes a turn in which nothing was said for `idleMs`. */
  flushIdle(now: number, idleMs: number): void {
    if (this.#open && now - this.#turn.lastAt >= idleMs) this.#complete('idle', now)
  }

  /** A close frame, or the end of the connection. */
  close(now: number): void {
    if (this.#open) this.#complete('close', now)
  }

  /** Messages have been or will be missed: a violation made a side opaque, or its events were dropped. */
  lose(now: number): void {
    if (this.#open) this.#complete('lost', now)
  }

  #start(side: Side, now: number): void {
    const turn = this.#turn
    turn.id = this.#turns++
    turn.initiator = side
    turn.messages[0] = turn.messages[1] = 0
    turn.bytes[0] = turn.bytes[1] = 0
    turn.firstSequence = this.#sequence
    turn.startedAt = now
    turn.answeredAt = -1
    this.#open = true
  }

  #complete(reason: TurnEnd, now: number): void {
    this.#open = false
    this.#handler.onTurnCompleted(this.#turn, reason, now)
  }
}
