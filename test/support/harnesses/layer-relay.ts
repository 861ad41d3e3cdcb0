/**
 * LayerRelay: drives a Layer as the session's relay does, over two byte sinks instead of sockets, and checks its contract:
 * PASS leaves the plan alone, a paused side is not executed, nothing is written after the session was closed.
 */

import { invariant } from '../../../src/shared/assert.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../src/shared/side.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../../../src/workers/layers/layer.ts'
import { Plan, type PlannedClose } from '../../../src/workers/layers/plan.ts'

export class LayerRelay {
  readonly layer: Layer
  /** What each side's socket was given. */
  readonly #sent: [Buffer[], Buffer[]] = [[], []]
  readonly ended: [boolean, boolean] = [false, false]
  readonly paused: [boolean, boolean] = [false, false]
  /** Chunks that wait for their side to be read again; `null` is its FIN. */
  readonly #waiting: [(Uint8Array | null)[], (Uint8Array | null)[]] = [[], []]
  close: PlannedClose | undefined = undefined
  /** Chunks that passed without a plan. */
  passes = 0
  /** The layer's clock, ms: `advance` moves it. */
  now = 0
  readonly #plan = new Plan()

  constructor(layer: Layer) {
    this.layer = layer
  }

  /** What `side` received, as Latin-1. */
  received(side: Side): string {
    return Buffer.concat(this.#sent[side]).toString('latin1')
  }

  get toClient(): string {
    return this.received(CLIENT)
  }

  get toOrigin(): string {
    return this.received(ORIGIN)
  }

  /** Bytes, or text as Latin-1, that `side` sends. */
  feed(side: Side, input: Uint8Array | string): void {
    this.#waiting[side].push(typeof input === 'string' ? Buffer.from(input, 'latin1') : input)
    this.#pump(side)
  }

  feedAll(side: Side, chunks: Iterable<Uint8Array>): void {
    for (const chunk of chunks) this.feed(side, chunk)
  }

  /** `side` half-closes. */
  fin(side: Side): void {
    this.#waiting[side].push(null)
    this.#pump(side)
  }

  /** The origin's connection breaks; what the layer says to that. */
  lose(): Outcome | undefined {
    const outcome = this.layer.answerLost?.(this.#plan)
    if (outcome !== undefined) this.#carryOut(outcome)
    return outcome
  }

  /** The session has the verdict that `side` waited for. */
  resume(side: Side): void {
    this.paused[side] = false
    this.#carryOut(this.layer.resume(side, this.#plan))
    this.#pump(side)
  }

  /** Lets `ms` pass, and wakes the layer whenever it asked for it. */
  advance(ms: number): void {
    const until = this.now + ms
    for (let at = this.#wakeAt; at <= until && this.close === undefined; at = this.#wakeAt) {
      this.now = Math.max(this.now, at)
      this.layer.wake?.(this.#plan)
      this.#carryOut(PLANNED)
    }
    this.now = until
  }

  get #wakeAt(): number {
    return this.layer.wakeAt ?? Number.POSITIVE_INFINITY
  }

  #pump(side: Side): void {
    while (!this.paused[side] && this.close === undefined) {
      const chunk = this.#waiting[side].shift()
      if (chunk === undefined) return
      if (chunk === null) this.#finish(side)
      else this.#execute(side, chunk)
    }
  }

  #execute(side: Side, chunk: Uint8Array): void {
    // The layer may keep no view of the chunk: it is overwritten once the call is over.
    const lent = Uint8Array.from(chunk)
    const outcome = this.layer.execute(side, lent, this.#plan)
    if (outcome === PASS) {
      this.passes++
      this.#sent[otherSide(side)].push(Buffer.from(lent))
    }
    this.#carryOut(outcome)
    lent.fill(0xff)
  }

  #finish(side: Side): void {
    const outcome = this.layer.finish(side, this.#plan)
    if (outcome === PASS) this.ended[otherSide(side)] = true
    this.#carryOut(outcome)
  }

  #carryOut(outcome: Outcome): void {
    const plan = this.#plan
    if (outcome === PASS) invariant(isUntouched(plan), 'PASS leaves the plan untouched')
    for (const side of [CLIENT, ORIGIN] as const) {
      for (const bytes of plan.writes[side]) this.#sent[side].push(Buffer.from(bytes))
      if (plan.ends[side]) this.ended[side] = true
      if (plan.pauses[side]) this.paused[side] = true
    }
    const { unpauses } = plan
    const again = [unpauses[CLIENT], unpauses[ORIGIN]]
    this.close ??= plan.close
    plan.clear()
    for (const side of [CLIENT, ORIGIN] as const) {
      if (!again[side]) continue
      this.paused[side] = false
      this.#pump(side)
    }
  }
}

function isUntouched(plan: Plan): boolean {
  const flags = [...plan.ends, ...plan.pauses, ...plan.unpauses]
  return plan.writes[CLIENT].length + plan.writes[ORIGIN].length === 0 && !flags.includes(true) && plan.close === undefined
}
