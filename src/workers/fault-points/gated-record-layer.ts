/**
 * GatedRecordLayer: a tunnel whose handshake, or whose first application data, a fault is to meet: the watching layer, with a gate in
 * front. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import { CLIENT, otherSide, type Side } from '../../shared/side.ts'
import type { ArmedFault } from '../faults/armed-fault.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../layers/layer.ts'
import type { Plan } from '../layers/plan.ts'
import type { Session } from '../session.ts'
import { HandshakeGate } from '../tls/records/handshake-gate.ts'
import { alertRecord, armTlsFaults, type TlsFaults } from './tls-faults.ts'

/** `layer`, behind a gate where a fault of `session` wants one. */
export function withTlsFaults(session: Session, layer: Layer): Layer {
  const faults = armTlsFaults(session)
  const abort = faults?.forTunnel()
  return faults === undefined || abort === undefined ? layer : new GatedRecordLayer(session, layer, faults, ...abort)
}

class GatedRecordLayer implements Layer {
  readonly #session: Session
  readonly #layer: Layer
  readonly #faults: TlsFaults
  readonly #fault: ArmedFault
  readonly #options: FaultOf<'tls_abort'>
  readonly #gate: HandshakeGate

  constructor(session: Session, layer: Layer, faults: TlsFaults, fault: ArmedFault, options: FaultOf<'tls_abort'>) {
    this.#session = session
    this.#layer = layer
    this.#faults = faults
    this.#fault = fault
    this.#options = options
    this.#gate = new HandshakeGate(options.at)
  }

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    const gate = this.#gate
    if (gate.isReached) return PLANNED
    const passing = gate.execute(side, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    if (passing.length > 0) this.#layer.execute(side, passing, plan)
    plan.forward(side, passing)
    if (gate.isReached) this.#act(plan)
    return PLANNED
  }

  /** In a stall nobody hears of an end; but whoever waits in it may go. */
  finish(side: Side, plan: Plan): Outcome {
    if (!this.#gate.isReached) {
      plan.forward(side, this.#gate.release(side))
      if (this.#layer.finish(side, plan) === PASS) plan.end(otherSide(side))
      return PLANNED
    }
    if (side === CLIENT) plan.closeSession('fault_injected', this.#fault.detail)
    return PLANNED
  }

  resume(side: Side, plan: Plan): Outcome {
    return this.#layer.resume(side, plan)
  }

  abort(reason: CloseReason): void {
    this.#layer.abort(reason)
  }

  #act(plan: Plan): void {
    const { how, alert } = this.#options
    this.#faults.tellReached(this.#fault, this.#gate.position, this.#options)
    this.#session.endsByFault = true
    if (how === 'stall') return
    if (how === 'alert') plan.write(CLIENT, alertRecord(alert))
    if (how === 'reset') plan.resetSession('fault_injected', this.#fault.detail)
    else plan.closeSession('fault_injected', this.#fault.detail)
  }
}
