/**
 * ShardStart: everything a shard's thread needs to begin, cloned or shared when it starts. Plain data.
 */

import type { MessagePort } from 'node:worker_threads'
import type { CaMaterial } from './ca-material.ts'
import type { HostIdentity } from './client-identity.ts'
import type { EngineOptions } from './options/schema.ts'
import type { PolicyImage } from './policy/policy-image.ts'

export interface ShardStart {
  /** From 1: the `worker` of events, and the ring and counter block it writes. */
  readonly worker: number
  /** Without the rules: those are compiled. */
  readonly options: EngineOptions
  readonly policy: PolicyImage
  readonly ring: SharedArrayBuffer
  readonly doorbell: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  /** The CA that leaves are signed by. */
  readonly ca: CaMaterial
  /** Secret from which all shards derive the same session ticket keys. */
  readonly ticketSecret: Uint8Array
  /** Counts of the faults of `options` (`faults/fault-counters.ts`). */
  readonly faults: SharedArrayBuffer
  /** Roots that origins are verified against, PEM. */
  readonly trustAnchorsPem: string
  /** Certificates for origins that ask for one. */
  readonly clientIdentities: readonly HostIdentity[]
  /** What is this engine itself, which no session connects to: see SelfTargetGuard. */
  readonly self: { readonly ports: readonly number[]; readonly addresses: readonly string[]; readonly names: readonly string[] }
  /** `host:port` that the in-proxy page tells clients to use. */
  readonly proxyAddress: string
  readonly port: MessagePort
}

/** What a reload puts in the place of what a shard began with. */
export type ShardReload = Pick<ShardStart, 'options' | 'policy' | 'faults' | 'ca' | 'trustAnchorsPem' | 'clientIdentities' | 'proxyAddress'>
