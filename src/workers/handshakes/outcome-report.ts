/**
 * reportOutcome: tells the main thread how a client took our certificate, where bypass learning wants to know. Worker thread.
 */

import { canonicalHost } from '../../shared/policy/hosts/host-name.ts'
import type { Session } from '../session.ts'
import type { TlsFailure } from '../tls/failure/failure-evidence.ts'

/** `failure` undefined: the client has taken it, and sent an octet. Learning is by the host of the CONNECT, which a bypass is for. */
export function reportOutcome(session: Pick<Session, 'context' | 'ticket' | 'flow'>, failure: TlsFailure | undefined): void {
  const { context, flow, ticket } = session
  // What a fault has made of a handshake says nothing about the client.
  if (!context.options.learning.enabled || flow.faults !== undefined) return
  context.report({
    kind: 'outcome',
    flow: ticket.flow,
    outcome: {
      client: ticket.clientIp,
      host: canonicalHost(ticket.host),
      provider: 'native',
      side: 'client',
      source: failure?.source ?? 'authoritative',
      reason: failure?.reason,
    },
  })
}
