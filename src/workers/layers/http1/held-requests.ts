/**
 * HeldRequests: in front of the layer of a connection whose origin may be closing it at this moment. Keeps what goes there until the
 * origin has said anything, so that it can be asked again elsewhere where the connection is lost before that (RFC 9112 §9.3.1). From the
 * first octet of the origin on it keeps nothing, and passes everything on. Worker thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { UNANSWERED_OCTETS } from '../../../shared/limits/origins.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { type Layer, type Outcome, PASS } from '../layer.ts'
import type { Plan } from '../plan.ts'
import type { Http1Layer } from './http1-layer.ts'

export class HeldRequests implements Layer {
  readonly #layer: Http1Layer
  /** Whether all that the client has asked for so far may be asked twice (RFC 9110 §9.2.2). */
  readonly #mayRepeat: () => boolean
  /** What has gone to the origin; none any more: it cannot be asked again. */
  #held: Uint8Array[] | undefined = []
  #octets = 0

  constructor(layer: Http1Layer, mayRepeat: () => boolean) {
    this.#layer = layer
    this.#mayRepeat = mayRepeat
  }

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    if (side === ORIGIN) this.#held = undefined
    const outcome = this.#layer.execute(side, bytes, plan)
    if (this.#held === undefined) return outcome
    if (outcome === PASS) this.#hold(bytes)
    else this.#holdPlanned(plan)
    return outcome
  }

  /** A client that is done sending is not asked for again: half a connection is not worth the other half's rules. */
  finish(side: Side, plan: Plan): Outcome {
    if (side === CLIENT) this.#held = undefined
    return this.#layer.finish(side, plan)
  }

  resume(side: Side, plan: Plan): Outcome {
    const outcome = this.#layer.resume(side, plan)
    this.#holdPlanned(plan)
    return outcome
  }

  abort(reason: CloseReason): void {
    this.#held = undefined
    this.#layer.abort(reason)
  }

  answerLost(plan: Plan): Outcome {
    return this.#layer.answerLost(plan)
  }

  takeUnanswered(): readonly Uint8Array[] | undefined {
    const held = this.#held
    this.#held = undefined
    return this.#octets === 0 || this.#mayRepeat() ? held : undefined
  }

  get wakeAt(): number {
    return this.#layer.wakeAt
  }

  wake(plan: Plan): void {
    this.#layer.wake(plan)
    this.#holdPlanned(plan)
  }

  #holdPlanned(plan: Plan): void {
    for (const bytes of plan.writes[ORIGIN]) this.#hold(bytes)
  }

  #hold(bytes: Uint8Array): void {
    this.#octets += bytes.length
    if (this.#octets > UNANSWERED_OCTETS) this.#held = undefined
    // A view of what is being read: it is copied.
    else this.#held?.push(new Uint8Array(bytes))
  }
}
