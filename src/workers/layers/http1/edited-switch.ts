/**
 * EditedSwitch: what follows a switch of protocols, where a handler edits it: the octets of each side go through their edit, and
 * what comes out is read by the layer that would have read them, and sent. Worker thread. RFC 9110 §7.8.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../shared/side.ts'
import type { BodyEdit } from '../http/body-mutator.ts'
import { BodyOutlet, type OutletTarget } from '../http/body-outlet.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../layer.ts'
import { Plan } from '../plan.ts'

const REASON = 'fault_injected'

/** What comes out of the edit of one side. */
class EditedSide implements OutletTarget {
  readonly room = Number.POSITIVE_INFINITY
  readonly outlet: BodyOutlet
  readonly #side: Side
  readonly #owner: EditedSwitch
  #plan = new Plan()

  constructor(edit: BodyEdit, side: Side, owner: EditedSwitch) {
    this.outlet = new BodyOutlet(edit)
    this.#side = side
    this.#owner = owner
  }

  drain(now: number, plan: Plan): void {
    this.#plan = plan
    this.outlet.drain(now, this)
    this.outlet.keep()
  }

  send(bytes: Uint8Array): void {
    if (this.#owner.read(this.#side, bytes, this.#plan) === PASS) this.#plan.forward(this.#side, bytes)
  }

  /** There is no framing to break: octets like any. */
  sendRaw(bytes: Uint8Array): void {
    this.send(bytes)
  }

  /** An early end of what the client sends is a half-close: the origin reads the last octets, and ends the rest by itself. */
  end(_trailers: Uint8Array | undefined, early: boolean): void {
    if (early && this.#side === ORIGIN) {
      this.cut('fin')
      return
    }
    if (early) this.#owner.abort(REASON)
    if (this.#owner.readEnd(this.#side, this.#plan) === PASS) this.#plan.end(otherSide(this.#side))
  }

  cut(how: 'fin' | 'reset'): void {
    if (how === 'reset') this.#plan.resetSession(REASON)
    else this.#plan.closeSession(REASON)
  }
}

export class EditedSwitch implements Layer {
  /** Undefined once it has been told that all is over. */
  #next: Layer | undefined
  readonly #sides: readonly [EditedSide | undefined, EditedSide | undefined]
  readonly #now: () => number

  /** `next` reads what is sent; without it, it passes unread. */
  constructor(client: BodyEdit | undefined, origin: BodyEdit | undefined, next: Layer | undefined, now: () => number) {
    this.#next = next
    this.#sides = [client && new EditedSide(client, CLIENT, this), origin && new EditedSide(origin, ORIGIN, this)]
    this.#now = now
  }

  get wakeAt(): number {
    const [client, origin] = this.#sides
    return Math.min(client?.outlet.wakeAt ?? Number.POSITIVE_INFINITY, origin?.outlet.wakeAt ?? Number.POSITIVE_INFINITY)
  }

  wake(plan: Plan): void {
    for (const side of [CLIENT, ORIGIN] as const) {
      const edited = this.#sides[side]
      if (edited?.outlet.isHeld !== true) continue
      edited.drain(this.#now(), plan)
      if (!edited.outlet.isHeld) plan.unpause(side)
    }
  }

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    const edited = this.#sides[side]
    if (edited === undefined) return this.read(side, bytes, plan)
    edited.outlet.execute(bytes, this.#now())
    this.#send(edited, side, plan)
    return PLANNED
  }

  finish(side: Side, plan: Plan): Outcome {
    const edited = this.#sides[side]
    if (edited === undefined) return this.readEnd(side, plan)
    edited.outlet.finish(this.#now(), undefined)
    this.#send(edited, side, plan)
    return PLANNED
  }

  resume(side: Side, plan: Plan): Outcome {
    return this.#next?.resume(side, plan) ?? PASS
  }

  abort(reason: CloseReason): void {
    for (const edited of this.#sides) edited?.outlet.cancel()
    this.#next?.abort(reason)
    this.#next = undefined
  }

  /** What goes out is read by `next`. */
  read(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    return this.#next?.execute(side, bytes, plan) ?? PASS
  }

  readEnd(side: Side, plan: Plan): Outcome {
    return this.#next?.finish(side, plan) ?? PASS
  }

  /** What waits stops its sender. */
  #send(edited: EditedSide, side: Side, plan: Plan): void {
    edited.drain(this.#now(), plan)
    if (edited.outlet.isHeld) plan.pause(side)
  }
}
