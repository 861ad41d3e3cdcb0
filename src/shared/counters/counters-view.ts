/**
 * CountersView: reads every counter of the engine. Any thread; never writes.
 *
 * Values of one writer are read one after the other, not as a snapshot: each is right at its moment, sums may be off by what
 * happened in between.
 */

import { invariant } from '../assert.ts'
import {
  ACCEPTOR_OFFSET,
  ACCEPTOR_TOTALS,
  type AcceptorTotal,
  countersBytes,
  ENGINE_STATE_OFFSET,
  ENGINE_STATES,
  type EngineState,
  FIRST_WORKER_OFFSET,
  REFUSED_OFFSET,
  SHARD_TOTALS,
  SHARD_TOTALS_OFFSET,
  type ShardTotal,
  WORD_BYTES,
  WORKER_BLOCK_BYTES,
  WORKER_GAUGES,
  WORKER_GAUGES_OFFSET,
  WORKER_TOTALS,
  WORKER_TOTALS_OFFSET,
  type WorkerGauge,
  type WorkerTotal,
  workerOffset,
} from './counters-descriptor.ts'

/** The memory for an engine with `workers` workers. */
export function allocateCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(countersBytes(workers))
}

export class CountersView {
  readonly memory: SharedArrayBuffer
  readonly workers: number
  readonly #words: Float64Array
  readonly #states: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.workers = (memory.byteLength - FIRST_WORKER_OFFSET) / WORKER_BLOCK_BYTES
    invariant(Number.isInteger(this.workers), 'counter memory holds whole worker blocks')
    this.#words = new Float64Array(memory)
    this.#states = new Int32Array(memory)
  }

  get state(): EngineState {
    return ENGINE_STATES[Atomics.load(this.#states, ENGINE_STATE_OFFSET >> 2)] ?? 'closed'
  }

  acceptor(total: AcceptorTotal): number {
    return this.#at(ACCEPTOR_OFFSET, ACCEPTOR_TOTALS.indexOf(total))
  }

  /** Client connections that are open now, wherever they are. */
  get active(): number {
    return this.acceptor('accepted') - this.acceptor('closed')
  }

  refused(slot: number): number {
    return this.#at(REFUSED_OFFSET, slot)
  }

  shard(worker: number, total: ShardTotal): number {
    return this.#at(workerOffset(worker) + SHARD_TOTALS_OFFSET, SHARD_TOTALS.indexOf(total))
  }

  worker(worker: number, total: WorkerTotal): number {
    return this.#at(workerOffset(worker) + WORKER_TOTALS_OFFSET, WORKER_TOTALS.indexOf(total))
  }

  gauge(worker: number, gauge: WorkerGauge): number {
    return this.#at(workerOffset(worker) + WORKER_GAUGES_OFFSET, WORKER_GAUGES.indexOf(gauge))
  }

  /** Sessions that `worker` has been given and has not ended. */
  load(worker: number): number {
    return this.shard(worker, 'handed_off') - this.shard(worker, 'lost') - this.worker(worker, 'ended')
  }

  #at(offset: number, index: number): number {
    return this.#words[offset / WORD_BYTES + index] as number
  }
}
