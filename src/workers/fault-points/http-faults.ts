/**
 * HttpFaults: draws the faults of each request by the decision about it, and carries them out. In front of policy's gate and the
 * observer, and only on connections where a rule with faults can apply. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { RuleFault } from '../../shared/faults/rule-fault.ts'
import type { Side } from '../../shared/side.ts'
import { ExchangeFaults, type FaultReport } from '../faults/exchange-faults.ts'
import type { FaultJudge } from '../faults/fault-judge.ts'
import type { BodyEdit } from '../layers/http/body-mutator.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { ForwardingHandler } from '../observers/forwarding-handler.ts'

/** What the faults ask of their session. */
export interface FaultSource {
  readonly judge: FaultJudge
  readonly flow: FlowCursor
  /** The flow's clock. */
  readonly now: number
  /** Calls `call` when the session is over. */
  onOver(call: () => void): void
  /** The faults of the rules that held for a request, which the handlers behind have just been told of. */
  faultsOf(head: MessageHead): readonly RuleFault[]
}

export class HttpFaults extends ForwardingHandler {
  readonly #source: FaultSource
  readonly #faulted = new Map<number, ExchangeFaults>()

  constructor(next: HttpHandler, source: FaultSource) {
    super(next)
    this.#source = source
  }

  readonly #report: FaultReport = (fault, phase, position, unit, applied) => {
    this.#source.judge.report(fault, phase, position, unit, applied, this.#source.now)
  }

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const verdict = super.onRequestHead(exchange, head)
    if (verdict?.kind === 'respond' || verdict?.kind === 'wait') return verdict
    const { judge, flow } = this.#source
    const faults = this.#source.faultsOf(head)
    const armed = faults.length === 0 ? undefined : judge.arm('exchange', faults, flow, exchange)
    if (armed === undefined) return verdict
    const faulted = new ExchangeFaults(armed, this.#report)
    this.#faulted.set(exchange, faulted)
    const own = faulted.onRequestHead(head)
    // A head that policy edits goes on edited.
    return own?.kind === 'goaway' && verdict?.kind === 'replace' ? { ...own, head: verdict.head } : (own ?? verdict)
  }

  override onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const verdict = super.onResponseHead(exchange, head)
    return this.#faulted.get(exchange)?.onResponseHead(head, verdict?.kind === 'replace' ? verdict.head : undefined) ?? verdict
  }

  override bodyEditFor(exchange: number, side: Side, head: MessageHead): BodyEdit | undefined {
    return this.#faulted.get(exchange)?.bodyEditFor(side, head)
  }

  override onUpgrade(exchange: number, protocol: string): void {
    super.onUpgrade(exchange, protocol)
    this.#faulted.get(exchange)?.onUpgrade(protocol)
  }

  override switchedEditFor(exchange: number, side: Side): BodyEdit | undefined {
    return this.#faulted.get(exchange)?.switchedEditFor(side)
  }

  override onExchangeEnd(exchange: number, reason: CloseReason, code?: number): void {
    super.onExchangeEnd(exchange, reason, code)
    const faulted = this.#faulted.get(exchange)
    if (faulted === undefined) return
    this.#faulted.delete(exchange)
    if (faulted.lastsAsLongAsSession) this.#source.onOver(() => faulted.end())
    else faulted.end()
  }
}
