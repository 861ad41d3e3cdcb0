/**
 * FaultJudge: says which faults happen to an exchange, a handshake or a connection, and tells of each that did. One per shard
 * and configuration. Worker thread.
 *
 * A flow without faults costs nothing: its list is empty, and nobody asks.
 */

import { FaultMarks } from '../../shared/events/fault-marks.ts'
import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { EventInput } from '../../shared/events/record/event-input.ts'
import type { EventWriter } from '../../shared/events/record/record-writer.ts'
import { FaultCounters } from '../../shared/faults/fault-counters.ts'
import { FaultDice } from '../../shared/faults/fault-dice.ts'
import { TRIGGER_NAMES } from '../../shared/faults/fault-trigger.ts'
import { isNotApplicable } from '../../shared/faults/not-applicable.ts'
import { NO_SLOT, type RuleFault } from '../../shared/faults/rule-fault.ts'
import { type FaultOptions, type FaultScope, scopeOf } from '../../shared/faults/schema/fault-schema.ts'
import { ArmedFault } from './armed-fault.ts'

type Told = EventInput<'fault_injected'>

export class FaultJudge {
  readonly #seed: number
  readonly #counters: FaultCounters
  readonly #events: EventWriter

  constructor(seed: number, memory: SharedArrayBuffer, events: EventWriter) {
    this.#seed = seed
    this.#counters = new FaultCounters(memory)
    this.#events = events
  }

  /** Draws for each fault of `scope`: those that happen, or undefined where none does. `exchange`: NO_STREAM of a connection. */
  arm(scope: FaultScope, faults: readonly RuleFault[], flow: FlowCursor, exchange: number): readonly ArmedFault[] | undefined {
    let armed: ArmedFault[] | undefined
    for (const fault of faults) {
      if (scopeOf(fault.options.kind) !== scope) continue
      const dice = this.#throw(fault, flow.number, exchange)
      if (dice === undefined) continue
      armed ??= []
      armed.push(new ArmedFault(fault, dice, flow, exchange, this.#counters))
    }
    return armed
  }

  /**
   * Tells that `fault` has happened at `position`: an event, which is counted by rule and kind, and the mark on those that follow;
   * or that it could not, which is only told.
   * `now` is the flow's clock, where its events have one.
   */
  report(
    fault: ArmedFault,
    phase: NonNullable<Told['phase']>,
    position: number,
    unit: NonNullable<Told['unit']>,
    applied: unknown,
    now = performance.now(),
  ): void {
    const { flow, exchange, rule, index, options } = fault
    if (!isNotApplicable(applied)) {
      flow.faults ??= new FaultMarks()
      flow.faults.add(exchange)
    }
    const { profile } = fault.fault
    const intended = intention(options)
    const values = { rule, fault: index, kind: options.kind, profile, phase, position, unit, intended, applied }
    this.#events.emit('fault_injected', flow, values, now, exchange)
  }

  /** The dice of a fault that happens, with the first draw taken; undefined: it does not. */
  #throw({ options, rule, diceNumber, slot }: RuleFault, flow: number, exchange: number): FaultDice | undefined {
    const dice = new FaultDice({ seed: options.seed ?? this.#seed, rule, fault: diceNumber, flow, exchange })
    const draw = dice.next()
    if (slot === NO_SLOT) return draw < options.probability ? dice : undefined
    const counters = this.#counters
    if (options.schedule !== undefined && !counters.isDue(options.schedule, performance.timeOrigin + performance.now())) return undefined
    const isCounted = options.skip > 0 || options.every !== undefined
    const number = isCounted ? counters.candidate(slot) - options.skip : 0
    if (number < 0) return undefined
    if (options.every === undefined ? draw >= options.probability : (number + 1) % options.every !== 0) return undefined
    const isBounded = options.times !== undefined || options.max_active !== undefined
    return isBounded && !counters.begin(slot, options) ? undefined : dice
  }
}

/** What `options` ask for, less when. */
function intention(options: FaultOptions): object {
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== 'kind' && !TRIGGER_NAMES.has(key)))
}
