/**
 * ShardStart: everything a shard's thread needs to begin, cloned or shared when it starts. Plain data.
 */

import type { MessagePort } from 'node:worker_threads'
import type { EngineOptions } from './options/schema.ts'

export interface ShardStart {
  /** 0 on the main thread (inline), 1…N for worker threads: the `worker` of events. */
  readonly worker: number
  readonly options: EngineOptions
  readonly ring: SharedArrayBuffer
  readonly doorbell: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly ca: { readonly certificatePem: string; readonly keyPem: string }
  /** Secret from which all shards derive the same session ticket keys. */
  readonly ticketSecret: Uint8Array
  /** Addresses and ports of our own listeners, never connected to. */
  readonly ownEndpoints: readonly { readonly address: string; readonly port: number }[]
  readonly port: MessagePort
}
