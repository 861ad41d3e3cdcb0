/**
 * What policy says to the requests of a session, and the handler chain that carries it out. Worker thread.
 */

import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import { FAULT_FIELD } from '../../shared/faults/fault-field.ts'
import type { RuleFault } from '../../shared/faults/rule-fault.ts'
import type { Decision } from '../../shared/policy/decision.ts'
import type { FlowOptions } from '../../shared/policy/flow-options.ts'
import type { RequestFacts } from '../../shared/policy/policy-facts.ts'
import { differenceFacts, shadowFacts } from '../../shared/policy/shadow-report.ts'
import { refusals } from '../../shared/refusals/registry.ts'
import { isAbsoluteForm, parseAbsoluteForm } from '../../shared/targets/absolute-form.ts'
import { type FaultSource, HttpFaults } from '../fault-points/http-faults.ts'
import { clientFaults } from '../faults/client-faults.ts'
import type { FaultJudge } from '../faults/fault-judge.ts'
import type { HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { replyForm } from '../layers/http/reply-form.ts'
import type { HttpObserver } from '../observers/http-observer.ts'
import { PolicyGate, type RequestPolicy } from '../observers/policy-gate.ts'
import type { Session } from '../session.ts'
import { type RequestRefusal, refuseRequest } from './refuse-request.ts'

/**
 * `observer`, with a gate in front where a rule about requests, or an edit, can apply to this session, and faults in front of that
 * where a rule carries some.
 */
export function gated(session: Session, observer: HttpObserver): HttpHandler {
  const { decision, context, ticket } = session
  const isPlain = ticket.kind === 'plain'
  // The requests of a plain connection may have other destinations, each with rules of its own.
  const isOpen = decision.isPending || decision.isShadowPending === true || (isPlain && context.policy.asks.requests)
  const isGated = isOpen || decision.options.edit !== undefined || decision.options.stripsAltSvc
  const { faults, faultHeaders } = decision.options
  const mayBeFaulted = faults.length > 0 || faultHeaders || (context.policy.hasFaults && (isOpen || isPlain))
  if (!isGated && !mayBeFaulted) return observer
  const policy = new SessionPolicy(session, observer, isOpen)
  const gate = isGated ? new PolicyGate(observer, policy) : observer
  return mayBeFaulted ? new HttpFaults(gate, policy) : gate
}

/** `MessageHead.version` of HTTP/2. */
const HTTP2_VERSION = 20

class SessionPolicy implements RequestPolicy, FaultSource {
  readonly #session: Session
  readonly #observer: HttpObserver
  /** Each request is to be decided anew. */
  readonly #isOpen: boolean
  /** What was said to the request in hand, where each is decided anew. */
  #latest: Decision | undefined = undefined

  constructor(session: Session, observer: HttpObserver, isOpen: boolean) {
    this.#session = session
    this.#observer = observer
    this.#isOpen = isOpen
  }

  get judge(): FaultJudge {
    return this.#session.context.faults
  }

  get now(): number {
    return this.#session.now
  }

  get flow(): FlowCursor {
    return this.#session.flow
  }

  onOver(call: () => void): void {
    this.#session.onOver(call)
  }

  faultsOf(head: MessageHead): readonly RuleFault[] {
    const { faults, faultHeaders } = this.#optionsFor(head)
    const table = faultHeaders ? this.#session.context.policy.clientFaults : undefined
    const asked = table === undefined ? undefined : head.fields.first(FAULT_FIELD)
    return table === undefined || asked === undefined ? faults : [...clientFaults(asked, table), ...faults]
  }

  #optionsFor(head: MessageHead): FlowOptions {
    const { decision, context, ticket } = this.#session
    if (this.#isOpen) return (this.#latest ?? decision).options
    if (ticket.kind !== 'plain') return decision.options
    const { host, port } = this.#destination(head.method, head.target)
    if (host === ticket.host && port === ticket.port) return decision.options
    return context.policy.decideRequest(this.#factsOf(head)).options
  }

  /** The rules that hold for a request say how it is observed, too. */
  decide(head: MessageHead): Decision {
    if (!this.#isOpen) return this.#session.decision
    this.#latest = this.#session.context.policy.decideRequest(this.#factsOf(head))
    this.#observer.observeNext(this.#latest.options)
    return this.#latest
  }

  #factsOf(head: MessageHead): RequestFacts {
    const { method, target, fields } = head
    const { ticket, sni, ja4 } = this.#session
    const isHttp2 = head.version === HTTP2_VERSION
    const transport = isHttp2 ? ('http2' as const) : ('http1' as const)
    const client = { client: ticket.clientIp, ...ticket.owner, sni, ja4, nowMs: Date.now() }
    return { ...this.#destination(method, target), ...client, method, transport, fields, authority: isHttp2 ? head.authority : undefined }
  }

  tell(exchange: number, decision: Decision): void {
    if (!this.#isOpen) return
    this.#tellDifference(decision, exchange)
    if (decision.action === 'intercept' && !decision.shadow?.withheld.length) return
    const { context, flow, now } = this.#session
    const code = decision.action === 'block' ? refusals.policy_blocked.code : undefined
    const values = { decision: decision.action, rule: decision.rule, phase: 'request', code, ...shadowFacts(decision) } as const
    context.events.emit('connect_decision', flow, values, now, exchange)
  }

  #tellDifference(decision: Decision, exchange: number): void {
    const difference = differenceFacts(decision, 'request')
    if (difference === undefined) return
    const { context, flow, now } = this.#session
    context.events.emit('policy_difference', flow, difference, now, exchange)
  }

  refusal(decision: Decision, head: MessageHead): Uint8Array {
    const { blockStatus: status, blockBody: body, blockContentType: contentType } = decision.options
    const detail = `rule ${decision.rule}`
    return refuseRequest(refusals.policy_blocked, replyForm(head), { ...refused(head), detail, status, body, contentType })
  }

  udpRefusal(head: MessageHead): Uint8Array {
    return refuseRequest(refusals.udp_proxying_refused, replyForm(head), refused(head))
  }

  /** Plain proxying: each request names its own origin; in a tunnel it is the tunnel's, whatever a target in absolute-form says. */
  #destination(method: string, target: string): { host: string; port: number; path: string } {
    const { kind, host, port } = this.#session.ticket
    if (kind !== 'plain' || !isAbsoluteForm(target)) return { host, port, path: target }
    const parsed = parseAbsoluteForm(method, target)
    return 'code' in parsed ? { host, port, path: target } : parsed
  }
}

/** One request of several is refused. */
function refused({ method, target, version }: MessageHead): RequestRefusal {
  return { nowMs: Date.now(), method, target, isHttp2: version === HTTP2_VERSION, isPersistent: true }
}
