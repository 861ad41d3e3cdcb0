/**
 * Builds what the sessions of one shard share, from what its thread was started with. Worker thread, or main thread inline.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import { WorkerCounters } from '../shared/counters/worker-counters.ts'
import { EventWriter } from '../shared/events/record/record-writer.ts'
import { ProxyAuthentication } from '../shared/http/proxy-authentication.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import { Policy } from '../shared/policy/policy.ts'
import { ProxyPage } from '../shared/proxy-page/proxy-page.ts'
import { Doorbell } from '../shared/ring/doorbell.ts'
import { ringOrigin } from '../shared/ring/ring-memory.ts'
import { RingProducer } from '../shared/ring/ring-producer.ts'
import { originShiftMs, threadOrigin } from '../shared/ring/time-origin.ts'
import type { ShardReload, ShardStart } from '../shared/shard-start.ts'
import { SelfTargetGuard } from '../shared/targets/self-target-guard.ts'
import { FaultJudge } from './faults/fault-judge.ts'
import { McpSessions } from './layers/mcp/mcp-pairs.ts'
import { ClientIdentities } from './origin/client-identities.ts'
import { OriginContexts } from './origin/origin-contexts.ts'
import { OriginPool } from './origin/origin-pool.ts'
import { OriginSessions } from './origin/origin-sessions.ts'
import type { ShardContext } from './shard-context.ts'
import { CertificateAuthority } from './tls/ca/certificate-authority.ts'
import { FaultyLeaves } from './tls/leaf/faulty-leaves.ts'
import { LeafCache } from './tls/leaf/leaf-cache.ts'
import { LeafIssuer } from './tls/leaf/leaf-issuer.ts'
import { TicketKeys } from './tls/leaf/ticket-keys.ts'

export function buildShardContext(start: Omit<ShardStart, 'port'>, log: ShardContext['log'], report: ShardContext['report']): ShardContext {
  const { options } = start
  const ring = new RingProducer(start.ring, new Doorbell(start.doorbell))
  const counters = new WorkerCounters(start.counters, start.worker)
  const ticketKeys = new TicketKeys(start.ticketSecret, Date.now)
  const { self } = start
  const events = new EventWriter(ring, originShiftMs(threadOrigin(), ringOrigin(start.ring)))
  return {
    worker: start.worker,
    options,
    policy: new Policy(start.policy),
    faults: new FaultJudge(options.fault_seed, start.faults, events),
    events,
    counters,
    ticketKeys,
    ...issuing(start, ticketKeys, counters),
    origins: new OriginContexts({ pem: start.trustAnchorsPem }),
    clientIdentities: new ClientIdentities(start.clientIdentities),
    mcpSessions: new McpSessions(),
    originSessions: new OriginSessions(Date.now),
    originPool: new OriginPool(),
    guard: new SelfTargetGuard(self.ports, self.addresses, self.names),
    authentication: authenticationFor(options),
    log,
    report,
  }
}

/** The context for flows that begin after a reload: policy and limits are new, CA and roots where they have been replaced; all else goes on. */
export function reloadShardContext(context: ShardContext, reload: ShardReload): ShardContext {
  const { options } = reload
  const faults = new FaultJudge(options.fault_seed, reload.faults, context.events)
  const clientIdentities = new ClientIdentities(reload.clientIdentities)
  const isSameCa = isDeepStrictEqual(reload.ca, context.ca)
  const anchors = { pem: reload.trustAnchorsPem }
  if (isSameCa) context.leaves.reconfigure(options.tls.client)
  return {
    ...context,
    ...(isSameCa ? {} : issuing(reload, context.ticketKeys, context.counters)),
    options,
    faults,
    origins: context.origins.trusts(anchors) ? context.origins : new OriginContexts(anchors),
    clientIdentities,
    policy: new Policy(reload.policy),
    authentication: authenticationFor(options),
  }
}

type Issuing = Pick<ShardContext, 'ca' | 'leafKeys' | 'leaves' | 'faultyLeaves' | 'page'>

/** The CA, and all that is made by it. */
function issuing(
  { ca, options, proxyAddress }: Pick<ShardStart, 'ca' | 'options' | 'proxyAddress'>,
  ticketKeys: TicketKeys,
  counters: WorkerCounters,
): Issuing {
  const authority = new CertificateAuthority(ca)
  const issuer = new LeafIssuer(authority, Date.now)
  const leaves = new LeafCache(issuer, ticketKeys, options.limits.leaf_cache, counters, Date.now)
  leaves.reconfigure(options.tls.client)
  return {
    ca,
    leafKeys: issuer.keys,
    leaves,
    faultyLeaves: new FaultyLeaves(authority, issuer.keys, Date.now),
    page: new ProxyPage({ pem: ca.certificatePem, der: authority.certificate.raw }, proxyAddress),
  }
}

function authenticationFor({ proxy_auth }: EngineOptions): ProxyAuthentication | undefined {
  return proxy_auth === undefined ? undefined : new ProxyAuthentication(proxy_auth)
}

/** How often a shard publishes its event-loop delay. */
const GAUGE_INTERVAL_MS = 1_000
/** Granularity of the delay histogram: finer costs wake-ups while idle. */
const DELAY_RESOLUTION_MS = 20
const NS_PER_MS = 1e6

/** Publishes event-loop delay and heap size of this thread until the returned function is called. */
export function publishGauges(counters: WorkerCounters): () => void {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    counters.set('loop_delay_p50_ms', delay.percentile(50) / NS_PER_MS)
    counters.set('loop_delay_p99_ms', delay.percentile(99) / NS_PER_MS)
    counters.set('loop_delay_max_ms', delay.max / NS_PER_MS)
    counters.set('loop_utilization', performance.eventLoopUtilization(now, before).utilization)
    counters.set('heap_used_bytes', process.memoryUsage().heapUsed)
    before = now
    delay.reset()
  }, GAUGE_INTERVAL_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    delay.disable()
  }
}
