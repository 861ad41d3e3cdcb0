/**
 * The layer contract: a pure, incremental observer of both sides of one relayed byte stream.
 *
 * A layer never touches sockets, timers, clocks or `process`. Bytes and ends come in as arguments; what must happen to the
 * bytes goes back as an `Outcome`; facts leave through the layer's own handler interface, with views that are valid during
 * the call only. Worker thread.
 *
 *     socket ──bytes──▶ relay ──execute(side, bytes, plan)──▶ layer ──callbacks──▶ observer
 *                         │◀──────────── PASS | PLANNED ─────────┘
 *                         └──▶ other socket: the same bytes (PASS), or what the plan says (PLANNED)
 *
 * **Fast path**: `PASS` forwards the chunk as it came, no copy. **Else** the layer fills the plan, which the relay carries
 * out in order, and the chunk itself is forwarded only as far as the plan forwards ranges of it.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { Side } from '../../shared/side.ts'
import type { Plan } from './plan.ts'

/** Forward the whole chunk as it came. The plan is untouched. */
export const PASS = 0
/** Carry out the plan; bytes of the chunk that it does not mention are dropped. */
export const PLANNED = 1

export type Outcome = typeof PASS | typeof PLANNED

export interface Layer {
  /**
   * Bytes that `side` has sent, in order, any split. `bytes` is valid during the call only: a layer that must keep some
   * (an incomplete head) copies them, within its limits.
   */
  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome

  /** `side` has half-closed (FIN, or close_notify). PASS relays the half-close to the other side. */
  finish(side: Side, plan: Plan): Outcome

  /**
   * Goes on after `plan.pause(side)`: a handler's asynchronous verdict has come. The relay has kept reading of `side`
   * stopped since, so the layer processes what it held, as a plan. Layers that never pause return PASS.
   */
  resume(side: Side, plan: Plan): Outcome

  /**
   * The session is over (reset, timeout, drain): ends every open exchange or stream towards the handler with `reason`, so
   * that each has exactly one terminal fact. Nothing is forwarded any more.
   */
  abort(reason: CloseReason): void

  /**
   * The session is to end in order: tells the client so in the words of its protocol, lets what is under way end, and closes by the
   * plan behind it. Layers without such words have none; the relay closes between two exchanges then.
   */
  leave?(reason: CloseReason, detail: string, plan: Plan): void

  /**
   * The origin's connection has broken. PLANNED: the client is told so in the place of the answer that it waits for, or will ask for, and
   * the plan closes the session behind it. Layers without a word for that have none; PASS where the origin has answered before.
   */
  answerLost?(plan: Plan): Outcome

  /**
   * The origin's connection is gone before a first octet of it. What it was sent and may be sent again, on another connection, once, in
   * order; undefined: it may not be, as where an octet has come, and for layers that keep nothing.
   */
  takeUnanswered?(): readonly Uint8Array[] | undefined

  /**
   * Something waits for its time: `wake` is to be called at `wakeAt`, on the clock that the layer was given (Infinity: nothing
   * does). Looked at after every plan; layers that never wait have neither.
   */
  readonly wakeAt?: number
  wake?(plan: Plan): void
}
