/**
 * The memory layout of the engine's counters: one SharedArrayBuffer, offsets only. No thread of its own.
 *
 *       0 engine     │ i32 state                                  main thread            1 cache line
 *      64 acceptor   │ f64 totals …, f64 refused[REFUSAL_SLOTS]   acceptor               lines
 *         worker 1   │ f64 handed off, lost                       acceptor               1 line
 *                    │ f64 totals …, f64 gauges …                 worker 1               lines
 *         worker 2   │ …
 *
 * One writer per word, and no line with two writers, so nobody waits for anybody. Totals are f64: exact up to 2⁵³ (nine
 * petabytes), added to with one plain load and store. 64-bit integers would take an atomic operation and two BigInts per
 * addition (measured 20–50 ns against 3–8), and with a single writer would give nothing for it. The JavaScript memory model
 * lets a racing f64 read tear, but an aligned 8-octet access is one instruction on every 64-bit platform that Node runs on.
 */

import { CACHE_LINE_BYTES } from '../ring/ring-descriptor.ts'

export const WORD_BYTES = 8

export const ENGINE_STATES = ['starting', 'ready', 'draining', 'closed'] as const
export type EngineState = (typeof ENGINE_STATES)[number]

/** Totals of the acceptor, in memory order. `closed`: connections that ended without being handed to a worker. */
export const ACCEPTOR_TOTALS = ['accepted', 'closed'] as const
export type AcceptorTotal = (typeof ACCEPTOR_TOTALS)[number]
/** Refused connections are counted by slot; the acceptor's table of refusal codes gives each its slot. */
export const REFUSAL_SLOTS = 128

/** What the acceptor writes about each worker: sessions given to it, and those that ended because it died. */
export const SHARD_TOTALS = ['handed_off', 'lost'] as const
export type ShardTotal = (typeof SHARD_TOTALS)[number]

/** Totals that a worker writes, in memory order. */
export const WORKER_TOTALS = [
  'adopted',
  'ended',
  'bytes_client',
  'bytes_origin',
  'handshakes_client',
  'handshakes_upstream',
  'resumed_client',
  'resumed_upstream',
  'contexts_minted',
  'leaf_cache_hits',
  'leaf_cache_misses',
  'origins_reused',
  'origins_reopened',
] as const
export type WorkerTotal = (typeof WORKER_TOTALS)[number]

/** Values that a worker replaces at intervals, in memory order. */
export const WORKER_GAUGES = ['loop_delay_p50_ms', 'loop_delay_p99_ms', 'loop_delay_max_ms', 'loop_utilization', 'heap_used_bytes'] as const
export type WorkerGauge = (typeof WORKER_GAUGES)[number]

export const ENGINE_STATE_OFFSET = 0
export const ACCEPTOR_OFFSET = CACHE_LINE_BYTES
export const REFUSED_OFFSET = ACCEPTOR_OFFSET + ACCEPTOR_TOTALS.length * WORD_BYTES
export const FIRST_WORKER_OFFSET = lines(REFUSED_OFFSET + REFUSAL_SLOTS * WORD_BYTES)

/** Offsets inside a worker's block. */
export const SHARD_TOTALS_OFFSET = 0
export const WORKER_TOTALS_OFFSET = CACHE_LINE_BYTES
export const WORKER_GAUGES_OFFSET = WORKER_TOTALS_OFFSET + WORKER_TOTALS.length * WORD_BYTES
export const WORKER_BLOCK_BYTES = lines(WORKER_GAUGES_OFFSET + WORKER_GAUGES.length * WORD_BYTES)

/** Where the block of `worker`, from 1, begins. */
export function workerOffset(worker: number): number {
  return FIRST_WORKER_OFFSET + (worker - 1) * WORKER_BLOCK_BYTES
}

/** Octets of the memory for `workers` workers. */
export function countersBytes(workers: number): number {
  return workerOffset(workers + 1)
}

/** `bytes`, up to whole cache lines. */
function lines(bytes: number): number {
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES
}
