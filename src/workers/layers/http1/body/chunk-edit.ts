/**
 * ChunkEdit: what becomes of one socket read, told in ascending positions. Nothing told: the read passes as it is, and no plan
 * is made. Else the ranges between the edits are forwarded. Worker thread.
 *
 *     bytes   ├──── forwarded ────┼── dropped ──┼──── forwarded ────┤
 *                                 └ insert: other octets in between
 */

import type { Side } from '../../../../shared/side.ts'
import { type Outcome, PASS, PLANNED } from '../../layer.ts'
import { Plan } from '../../plan.ts'

const NO_OCTETS = new Uint8Array(0)

export class ChunkEdit {
  readonly #sender: Side
  /** The plan of the call in progress. */
  plan: Plan = new Plan()
  #bytes: Uint8Array = NO_OCTETS
  /** All before it is forwarded or dropped. */
  #settled = 0
  #planned = false

  constructor(sender: Side) {
    this.#sender = sender
  }

  /** Begins a read of the relay's. */
  begin(bytes: Uint8Array, plan: Plan): void {
    this.#bytes = bytes
    this.plan = plan
    this.#settled = 0
    this.#planned = false
  }

  /** Begins octets that are not the relay's chunk, or none at all: they must be planned even when nothing is edited. */
  beginApart(plan: Plan, bytes: Uint8Array = NO_OCTETS): void {
    this.begin(bytes, plan)
    this.#planned = true
  }

  /** Something was put into the plan besides this read: PASS would leave that out. */
  touch(): void {
    this.#planned = true
  }

  /** Forwards all before `at` that has not been dropped. */
  forwardTo(at: number): void {
    this.#planned = true
    if (at <= this.#settled) return
    this.plan.forward(this.#sender, this.#bytes.subarray(this.#settled, at))
    this.#settled = at
  }

  drop(start: number, end: number): void {
    this.forwardTo(start)
    this.#settled = end
  }

  insert(at: number, octets: Uint8Array): void {
    this.forwardTo(at)
    this.plan.forward(this.#sender, octets)
  }

  finish(): Outcome {
    const planned = this.#planned
    if (planned) this.forwardTo(this.#bytes.length)
    // An idle connection must not keep its last read alive.
    this.#bytes = NO_OCTETS
    return planned ? PLANNED : PASS
  }
}
