/**
 * ShardContext: what all sessions of one shard share. Worker thread (or the main thread, inline).
 */

import type { CaMaterial } from '../shared/ca-material.ts'
import type { ShardReport } from '../shared/client-outcome.ts'
import type { WorkerCounters } from '../shared/counters/worker-counters.ts'
import type { EventWriter } from '../shared/events/record/record-writer.ts'
import type { ProxyAuthentication } from '../shared/http/proxy-authentication.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { Policy } from '../shared/policy/policy.ts'
import type { ProxyPage } from '../shared/proxy-page/proxy-page.ts'
import type { SelfTargetGuard } from '../shared/targets/self-target-guard.ts'
import type { FaultJudge } from './faults/fault-judge.ts'
import type { McpSessions } from './layers/mcp/mcp-pairs.ts'
import type { ClientIdentities } from './origin/client-identities.ts'
import type { OriginContexts } from './origin/origin-contexts.ts'
import type { OriginPool } from './origin/origin-pool.ts'
import type { OriginSessions } from './origin/origin-sessions.ts'
import type { FaultyLeaves } from './tls/leaf/faulty-leaves.ts'
import type { LeafCache } from './tls/leaf/leaf-cache.ts'
import type { LeafKeys } from './tls/leaf/leaf-keys.ts'
import type { TicketKeys } from './tls/leaf/ticket-keys.ts'

export interface ShardContext {
  /** 0 inline, else the worker's number. */
  readonly worker: number
  /** The options of flows that begin now; a flow keeps those that it began with. */
  readonly options: EngineOptions
  readonly events: EventWriter
  readonly counters: WorkerCounters
  /** What leaves are signed by. */
  readonly ca: CaMaterial
  readonly leaves: LeafCache
  readonly leafKeys: LeafKeys
  readonly ticketKeys: TicketKeys
  /** For faults that show a client a certificate which it must not take. */
  readonly faultyLeaves: FaultyLeaves
  readonly origins: OriginContexts
  readonly clientIdentities: ClientIdentities
  readonly originSessions: OriginSessions
  readonly originPool: OriginPool
  /** For requests that name another origin than the first did. */
  readonly policy: Policy
  /** For what goes wrong on purpose. */
  readonly faults: FaultJudge
  /** Knows the listeners of this engine, which are never dialled. */
  readonly guard: SelfTargetGuard
  /** Requests of MCP sessions that wait for answers, which may come on other connections. */
  readonly mcpSessions: McpSessions
  /** To the main thread. */
  readonly report: (report: ShardReport) => void
  /** For the requests of a plain connection that come after its first; undefined: nobody is asked. */
  readonly authentication: ProxyAuthentication | undefined
  readonly page: ProxyPage
  readonly log: (level: 'warn' | 'error', message: string) => void
}
