/**
 * What policy says to the requests of a session, and the handler chain that carries it out. Worker thread.
 */

import type { Decision } from '../shared/policy/policy.ts'
import { negotiateFormat } from '../shared/refusals/accept-negotiation.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { isAbsoluteForm, parseAbsoluteForm } from '../shared/targets/absolute-form.ts'
import type { HttpHandler } from './layers/http/http-handler.ts'
import type { MessageHead } from './layers/http/message-head.ts'
import { PolicyGate, type RequestPolicy } from './observers/policy-gate.ts'
import type { Session } from './session.ts'

/** `observer`, with a gate in front where a rule about requests, or an edit, can apply to this session. */
export function gated(session: Session, observer: HttpHandler): HttpHandler {
  const { decision, context } = session
  const keepsAltSvc = context.options.http3_passthrough
  if (!decision.isPending && decision.options.edit === undefined && keepsAltSvc) return observer
  return new PolicyGate(observer, new SessionPolicy(session), keepsAltSvc)
}

class SessionPolicy implements RequestPolicy {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  decide(exchange: number, method: string, target: string): Decision {
    const { context, ticket, sni } = this.#session
    if (!this.#session.decision.isPending) return this.#session.decision
    const facts = { ...this.#destination(method, target), client: ticket.clientIp, sni, method }
    const decision = context.policy.decideRequest(facts)
    if (decision.action === 'intercept') return decision
    const code = decision.action === 'block' ? refusals.policy_blocked.code : undefined
    const values = { decision: decision.action, rule: decision.rule, phase: 'request', code } as const
    context.events.emit('connect_decision', this.#session.flow, values, this.#session.now, exchange)
    return decision
  }

  refusal(decision: Decision, head: MessageHead): Uint8Array {
    const { blockStatus: status, blockBody: body } = decision.options
    const format = negotiateFormat(head.fields)
    const detail = `rule ${decision.rule}`
    const { method, target } = head
    return refusalResponse(refusals.policy_blocked, { nowMs: Date.now(), format, method, target, detail, status, body, isPersistent: true })
  }

  /** Plain proxying: each request names its own origin; else it is the tunnel's. */
  #destination(method: string, target: string): { host: string; port: number; path: string } {
    const { host, port } = this.#session.ticket
    if (!isAbsoluteForm(target)) return { host: this.#session.sni ?? host, port, path: target }
    const parsed = parseAbsoluteForm(method, target)
    return 'code' in parsed ? { host, port, path: target } : parsed
  }
}
