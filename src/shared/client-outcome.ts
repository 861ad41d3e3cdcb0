/**
 * ClientOutcome: how a client took the certificate that it was shown, as any provider reports it: what bypass learning goes
 * by. Plain data, cloned from the workers to the main thread.
 */

import type { TLS_PROVIDERS, TLS_REASONS, TLS_SIDES, TLS_SOURCES } from './events/schema.ts'

export interface ClientOutcome {
  /** Address of the client, without its port. */
  readonly client: string
  /** The host that the client asked the proxy for, in the form of `canonicalHost`. */
  readonly host: string
  readonly provider: (typeof TLS_PROVIDERS)[number]
  readonly side: (typeof TLS_SIDES)[number]
  readonly source: (typeof TLS_SOURCES)[number]
  /** Undefined where the handshake succeeded. */
  readonly reason: (typeof TLS_REASONS)[number] | undefined
}

/** What a shard reports to the main thread over its port. */
export interface ShardReport {
  readonly kind: 'outcome'
  readonly outcome: ClientOutcome
  /** Number of the flow that it belongs to. */
  readonly flow: number
}
