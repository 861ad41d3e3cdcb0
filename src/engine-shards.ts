/**
 * Opens the shards of an engine: worker threads where the platform can hand descriptors to them, else one on this thread.
 * Main thread.
 */

import { loadDuplicate } from './acceptor/descriptor.ts'
import { InlineGateway, type ShardGateway, ThreadGateway } from './acceptor/shards/shard-gateway.ts'
import { ShardPool } from './acceptor/shards/shard-pool.ts'
import type { AggregatorHandle } from './aggregator/main/aggregator-handle.ts'
import type { EngineMemory } from './engine-memory.ts'
import type { Log } from './engine-types.ts'
import type { ShardReport } from './shared/client-outcome.ts'
import type { ShardStart } from './shared/shard-start.ts'
import { buildShardContext } from './workers/build-shard-context.ts'
import { Shard } from './workers/shard.ts'

export interface OpenShardsOptions {
  readonly workers: number
  readonly memory: EngineMemory
  readonly aggregator: AggregatorHandle
  /** Read anew whenever a shard starts: a respawned one runs on the options of the last reload. */
  readonly start: () => Omit<ShardStart, 'worker' | 'ring' | 'doorbell' | 'counters' | 'port'>
  readonly log: Log
  /** What the shards tell of their own accord. */
  readonly onReport: (report: ShardReport) => void
}

/** How many shards there will be: one ring and one block of counters each. */
export function shardCount(workers: number): number {
  return Math.max(1, workers)
}

export async function openShards(options: OpenShardsOptions): Promise<ShardGateway> {
  const { memory, workers, log } = options
  const duplicate = workers === 0 ? 'workers is 0' : loadDuplicate()
  const startOf = (index: number) => ({
    ...options.start(),
    worker: index + 1,
    ring: memory.rings[index + 1] as SharedArrayBuffer,
    doorbell: memory.doorbell.memory,
    counters: memory.counterMemory,
  })
  if (typeof duplicate === 'string') {
    log('warn', `sessions run on the main thread: ${duplicate}`)
    return new InlineGateway(new Shard(buildShardContext(startOf(0), log, options.onReport)), memory.counters)
  }
  const pool = new ShardPool({
    shards: workers,
    entry: new URL('./workers/shard-task.js', import.meta.url),
    startOf,
    counters: memory.counters,
    view: memory.view,
    onReport: options.onReport,
    onShardLost: async (index, error) => {
      log('error', `worker ${index + 1} died, its sessions are lost: ${error.message}`)
      await options.aggregator.workerLost(index + 1)
    },
  })
  await pool.start()
  return new ThreadGateway(pool, duplicate)
}
