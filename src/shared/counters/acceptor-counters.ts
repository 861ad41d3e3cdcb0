/**
 * AcceptorCounters: the words that the acceptor writes, and the loads it shards by. Acceptor (main) thread; one instance.
 */

import { invariant } from '../assert.ts'
import {
  ACCEPTOR_OFFSET,
  ACCEPTOR_TOTALS,
  type AcceptorTotal,
  ENGINE_STATE_OFFSET,
  ENGINE_STATES,
  type EngineState,
  REFUSAL_SLOTS,
  REFUSED_OFFSET,
  SHARD_TOTALS,
  SHARD_TOTALS_OFFSET,
  type ShardTotal,
  WORD_BYTES,
  WORKER_TOTALS,
  WORKER_TOTALS_OFFSET,
  workerOffset,
} from './counters-descriptor.ts'

const ENDED_INDEX = WORKER_TOTALS.indexOf('ended')

export class AcceptorCounters {
  readonly memory: SharedArrayBuffer
  readonly #words: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Float64Array(memory)
  }

  setState(state: EngineState): void {
    const index = ENGINE_STATE_OFFSET >> 2
    const words = new Int32Array(this.memory)
    Atomics.store(words, index, ENGINE_STATES.indexOf(state))
    Atomics.notify(words, index)
  }

  add(total: AcceptorTotal, amount = 1): void {
    this.#add(ACCEPTOR_OFFSET / WORD_BYTES + ACCEPTOR_TOTALS.indexOf(total), amount)
  }

  /** Counts a refused connection by the slot of its code. */
  addRefused(slot: number): void {
    invariant(slot >= 0 && slot < REFUSAL_SLOTS, 'every refusal code has a slot')
    this.#add(REFUSED_OFFSET / WORD_BYTES + slot, 1)
  }

  /** Counts sessions handed to `worker` (from 1), or lost with it. */
  addShard(worker: number, total: ShardTotal, amount = 1): void {
    this.#add((workerOffset(worker) + SHARD_TOTALS_OFFSET) / WORD_BYTES + SHARD_TOTALS.indexOf(total), amount)
  }

  /** Sessions that `worker` has been given and has not ended: a hand-off under way counts. */
  load(worker: number): number {
    const shard = (workerOffset(worker) + SHARD_TOTALS_OFFSET) / WORD_BYTES
    const ended = (workerOffset(worker) + WORKER_TOTALS_OFFSET) / WORD_BYTES + ENDED_INDEX
    const words = this.#words
    return (words[shard] as number) - (words[shard + 1] as number) - (words[ended] as number)
  }

  /** All sessions that `worker` still holds are lost: its load becomes 0. Call once it has stopped; returns how many. */
  loseAll(worker: number): number {
    const lost = this.load(worker)
    this.addShard(worker, 'lost', lost)
    return lost
  }

  #add(word: number, amount: number): void {
    this.#words[word] = (this.#words[word] as number) + amount
  }
}
