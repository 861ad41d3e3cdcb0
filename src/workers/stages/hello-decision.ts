/**
 * Decides again once the ClientHello is known: the name that the client asks for may not be the one that it CONNECTed to.
 * Worker thread.
 *
 *     SNI                                   decided by
 *     absent, an IP address, or invalid     the CONNECT host alone
 *     the CONNECT host                      the CONNECT host alone
 *     another name                          the first rule that matches the SNI; those about the CONNECT host where only the default does
 *
 * Octets that turn out not to be HTTP are decided once more: the last that is known of them.
 *
 * So a rule about a name holds for clients that CONNECT to an address as well, and nothing is intercepted that a rule, or
 * `ignore_hosts`, wants tunnelled.
 */

import { DEFAULT_RULE, type Decision } from '../../shared/policy/decision.ts'
import type { HelloFacts } from '../../shared/policy/policy-facts.ts'
import { differenceFacts, shadowFacts } from '../../shared/policy/shadow-report.ts'
import type { Session } from '../session.ts'
import { SessionFailure } from '../session-failure.ts'
import type { ClientHello } from '../tls/hello/client-hello.ts'
import { fingerprints } from '../tls/hello/fingerprints.ts'
import { helloFacts } from '../tls/hello/hello-facts.ts'
import { ACCESS_DENIED, fatalAlert } from '../tls/records/alert.ts'

/** Puts a later decision in the place of the earlier, and tells it; the default never outranks a rule. */
function adopt(session: Session, decision: Decision, phase: 'client_hello' | 'request'): void {
  const before = session.decision
  const difference = differenceFacts(decision, phase)
  if (difference !== undefined) session.emit('policy_difference', difference)
  if (decision.rule === DEFAULT_RULE && before.rule !== DEFAULT_RULE && !before.isPending && !decision.isPending) return
  session.decision = decision
  if (decision.action === before.action && decision.rule === before.rule) return
  const code = decision.action === 'block' ? 'policy_blocked' : undefined
  session.emit('connect_decision', { decision: decision.action, rule: decision.rule, phase, code, ...shadowFacts(decision) })
}

/** Whether the session is intercepted; false: tunnelled. Throws where it is blocked. */
export function decideByHello(session: Session, hello: ClientHello): boolean {
  const { context, ticket } = session
  session.sni = hello.sni
  const isOther = hello.sni !== undefined && hello.sni !== ticket.host
  // A rule that was pending at the CONNECT may have waited for the hello only.
  if (isOther || session.decision.isPending || session.decision.isShadowPending === true) {
    session.ja4 = context.policy.asks.ja4 ? fingerprints(hello).ja4 : undefined
    adopt(session, context.policy.decideHello(factsOf(session, hello, session.ja4)), 'client_hello')
  }
  switch (session.decision.action) {
    case 'intercept':
      session.emit('tls_client_hello', helloFacts(hello))
      return true
    case 'tunnel':
      return false
    case 'block':
      session.emit('tls_client_hello', helloFacts(hello))
      // RFC 8446 §6.2: "the sender decided not to proceed with negotiation".
      throw new SessionFailure('blocked', `rule ${session.decision.rule}`, fatalAlert(ACCESS_DENIED))
  }
}

function factsOf({ ticket }: Session, { sni }: ClientHello, fingerprint: string | undefined): HelloFacts {
  const { host, port, clientIp: client, owner } = ticket
  return { host, port, client, ...owner, sni, ja4: fingerprint, nowMs: Date.now() }
}

/**
 * In a tunnel the decision of the CONNECT stands; the policy beside the one in force is asked again where it would have looked at the
 * ClientHello. Told where that says something else than what was told at the CONNECT.
 */
export function compareByHello(session: Session, hello: ClientHello): void {
  const { context, ticket } = session
  const { action, difference, isShadowPending } = ticket.decision
  if (action !== 'tunnel' || (isShadowPending !== true && difference?.shadow !== 'intercept')) return
  const facts = factsOf(session, hello, context.policy.asks.ja4 ? fingerprints(hello).ja4 : undefined)
  const later = context.policy.compareHello(ticket.decision, facts)
  if (later === undefined || (later.shadow === difference?.shadow && later.shadowRule === difference.shadowRule)) return
  const told = differenceFacts({ ...ticket.decision, difference: later }, 'client_hello')
  if (told !== undefined) session.emit('policy_difference', told)
}

/**
 * Decides once more where the octets are not HTTP: no request will tell more than that. Throws where a rule for `protocol: tunnel`
 * blocks.
 */
export function decideOpaque(session: Session): void {
  if (!session.decision.isPending && session.decision.isShadowPending !== true) return
  const { context, ticket, sni, ja4 } = session
  const known = { host: ticket.host, port: ticket.port, client: ticket.clientIp, ...ticket.owner, sni, ja4, nowMs: Date.now() }
  adopt(session, context.policy.decideRequest({ ...known, method: '', path: '', transport: 'tunnel', fields: undefined }), 'request')
  if (session.decision.action === 'block') throw new SessionFailure('blocked', `rule ${session.decision.rule}`)
}
