/**
 * ArmedFault: a fault that is going to happen to one exchange, handshake or connection: drawn, counted, and not yet over. Worker
 * thread.
 */

import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { FaultCounters } from '../../shared/faults/fault-counters.ts'
import type { FaultDice } from '../../shared/faults/fault-dice.ts'
import { NO_SLOT, type RuleFault } from '../../shared/faults/rule-fault.ts'
import type { FaultOptions } from '../../shared/faults/schema/fault-schema.ts'

export class ArmedFault {
  readonly fault: RuleFault
  readonly dice: FaultDice
  readonly flow: FlowCursor
  /** Number of the exchange or stream, or NO_STREAM. */
  readonly exchange: number
  readonly #counters: FaultCounters
  #isActive: boolean

  constructor(fault: RuleFault, dice: FaultDice, flow: FlowCursor, exchange: number, counters: FaultCounters) {
    this.fault = fault
    this.dice = dice
    this.flow = flow
    this.exchange = exchange
    this.#counters = counters
    this.#isActive = fault.slot !== NO_SLOT && fault.options.max_active !== undefined
  }

  get options(): FaultOptions {
    return this.fault.options
  }

  get rule(): string {
    return this.fault.rule
  }

  get index(): number {
    return this.fault.index
  }

  /** What a terminal event says of the fault that ended its flow. */
  get detail(): string {
    return `fault ${this.options.kind}, rule ${this.rule}, number ${this.index}`
  }

  /** It is over, or what it acts on is: another may begin where `max_active` bounds them. May be called again. */
  release(): void {
    if (!this.#isActive) return
    this.#isActive = false
    this.#counters.end(this.fault.slot)
  }
}
