/**
 * The stages of a plain proxying session: there is one, the relay; origins are dialled as requests name them. Worker thread.
 *
 * The same relay and the same layer as an intercepted tunnel; `PlainRouter` finds the origin of each request.
 */

import { negotiateFormat } from '../../shared/http/accept-negotiation.ts'
import type { Decision } from '../../shared/policy/decision.ts'
import { differenceFacts, shadowFacts } from '../../shared/policy/shadow-report.ts'
import { PROXY_PAGE_HOST, PROXY_PAGE_PORT } from '../../shared/proxy-page/proxy-page.ts'
import { type RefusalContext, refusalResponse } from '../../shared/refusals/refusal-response.ts'
import { refusals } from '../../shared/refusals/registry.ts'
import { CLIENT } from '../../shared/side.ts'
import type { AbsoluteTarget } from '../../shared/targets/absolute-form.ts'
import { runConnectFaults } from '../fault-points/connect-faults.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { dial } from '../origin/dial.ts'
import { SwitchedOrigin } from '../origin/switched-origin.ts'
import type { Relay } from '../relay.ts'
import type { Session } from '../session.ts'
import { handlerFor, httpLayer } from './http-stack.ts'
import { type Answer, PlainRouter, type PlainRoutes } from './plain-router.ts'

/** Brings a plain session to its relay. */
export async function runPlain(session: Session): Promise<void> {
  const { client, ticket } = session
  if (ticket.unread !== undefined) client.unshift(ticket.unread)
  const faults = runConnectFaults(session)
  if (faults !== undefined) await faults
  const origin = new SwitchedOrigin()
  const routes = new SessionRoutes(session, origin)
  const router = new PlainRouter(handlerFor(session), routes, session.context.options.upstream.via)
  origin.isBusy = () => router.isBusy
  routes.relay = session.startRelay(
    'http1',
    { stream: client, transport: client },
    { stream: origin, transport: origin },
    httpLayer(session, router, { switchesOrigins: true }),
  )
}

/** How a router's wishes meet the session's sockets, policy and events. */
class SessionRoutes implements PlainRoutes {
  readonly #session: Session
  readonly #origin: SwitchedOrigin
  relay: Relay | undefined = undefined
  #authority = ''

  constructor(session: Session, origin: SwitchedOrigin) {
    this.#session = session
    this.#origin = origin
  }

  answer(head: MessageHead, target: AbsoluteTarget): Answer | undefined {
    const { context } = this.#session
    const { host, port, path } = target
    const { method } = head
    const nowMs = Date.now()
    const format = negotiateFormat(head.fields)
    if (host === PROXY_PAGE_HOST && port === PROXY_PAGE_PORT) {
      return { response: context.page.respond({ method, path, format }, nowMs), reason: 'completed' }
    }
    const facts = { nowMs, format, method, target: `${host}:${port}`, realm: context.authentication?.realm }
    // RFC 9110 §11.7.2: credentials are those of one request, not of the connection.
    const identity = context.authentication?.authenticate(head.fields)
    if (identity !== undefined && 'code' in identity) return { response: refusalResponse(identity, facts), reason: 'refused' }
    if (context.guard.isSelf(host, port)) return { response: refusalResponse(refusals.self_target, facts), reason: 'refused' }
    return this.#blockedBy(this.#decide(target), facts)
  }

  /** What policy says to another origin than that of the first request, which has been decided on by the acceptor. */
  #decide({ host, port }: AbsoluteTarget): Decision | undefined {
    const { context, ticket } = this.#session
    if (host === ticket.host && port === ticket.port) return undefined
    return context.policy.decideConnect({ host, port, client: ticket.clientIp, ...ticket.owner, nowMs: Date.now() })
  }

  /** Tells `decision` where it is worth it; the answer, where it blocks. */
  #blockedBy(decision: Decision | undefined, facts: RefusalContext): Answer | undefined {
    if (decision === undefined) return undefined
    const { action, rule, shadow, options } = decision
    const difference = differenceFacts(decision, 'request')
    if (difference !== undefined) this.#session.emit('policy_difference', difference)
    if (action !== 'block' && shadow?.would !== 'block') return undefined
    const code = action === 'block' ? 'policy_blocked' : undefined
    this.#session.emit('connect_decision', { decision: action, rule, phase: 'request', code, ...shadowFacts(decision) })
    if (action !== 'block') return undefined
    const { blockStatus: status, blockBody: body, blockContentType: contentType } = options
    const response = refusalResponse(refusals.policy_blocked, { ...facts, detail: `rule ${rule}`, status, body, contentType })
    return { response, reason: 'blocked' }
  }

  isConnectedTo(host: string, port: number): boolean {
    return this.#origin.isConnected && this.#authority === `${host}:${port}`
  }

  async connect(host: string, port: number): Promise<void> {
    const { context, flow, ticket } = this.#session
    const target = { host, port, timeoutMs: this.#session.limits.connect_timeout_ms, guard: context.guard }
    const socket = await dial(target, (socket) => {
      this.#session.origin = socket
    })
    if (host !== ticket.host || port !== ticket.port || this.#authority !== '')
      context.events.flowContext(flow, ticket.clientAddress, host, port, performance.now())
    this.#authority = `${host}:${port}`
    this.#origin.connectTo(socket)
  }

  resume(): void {
    this.relay?.resume(CLIENT)
  }

  finish(): void {
    this.#origin.finishReading()
  }
}
